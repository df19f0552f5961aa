package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/guest/wire"
)

const (
	// DefaultTimeout ends a boot whose context has no deadline. A boot takes
	// about ten seconds on two cores.
	DefaultTimeout = 3 * time.Minute
	// offTimeout is how long the power-off may take after the last command.
	offTimeout = 30 * time.Second
	// initImport is the guest's /init.
	initImport = "github.com/nrkern/nrkern/guest/init"
	// consoleKept is how many bytes of the console are kept.
	consoleKept = 256 << 10
)

// Boot makes the machine, runs the commands in it one after another, and
// returns what they did when the machine is off again. A command that fails is
// a result, not an error, and the next one runs.
//
// When ctx ends first the machine is killed. Whenever QEMU was started and the
// plan did not come to its end, the error is a *BootError, and the Result
// holds what there was until then.
func Boot(ctx context.Context, m Machine, files []File, commands []Command) (Result, error) {
	if err := m.check(); err != nil {
		return Result{}, err
	}
	tools, err := Find()
	if err != nil {
		return Result{}, err
	}
	disk, err := ramDisk(ctx, m, files, commands)
	if err != nil {
		return Result{}, err
	}
	defer disk.Close()
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}

	ctx, kill := context.WithCancel(ctx)
	defer kill()
	s := newSession(commands)
	q, err := startQEMU(ctx, tools, m, disk)
	if err != nil {
		return Result{}, fmt.Errorf("guest: starting %s: %w", tools.QEMU, err)
	}
	followed := s.follow(q.frames)
	if followed == nil {
		// It is going off now; if it cannot, it is killed.
		timer := time.AfterFunc(offTimeout, kill)
		defer timer.Stop()
	} else if !errors.Is(followed, io.EOF) {
		kill()
	}
	// The port is read to its end in any case: QEMU waits for a reader.
	_, _ = io.Copy(io.Discard, q.frames)
	exit := q.wait()
	s.result.Total = time.Since(s.begin)
	s.result.Console = q.console.String()

	err = verdict(ctx, followed, exit, s.result.Console)
	if err == nil {
		return s.result, nil
	}
	return s.result, &BootError{Err: err, Stage: s.stage(), Console: s.result.Console, QEMU: q.stderr.String()}
}

// verdict says why a boot failed, or nil: how its frames ended, how QEMU ended,
// and what the console shows, the more telling reason first.
func verdict(ctx context.Context, followed, exit error, console string) error {
	_, panicked, isPanic := strings.Cut(console, "Kernel panic - ")
	switch {
	case followed == nil && exit == nil:
		return nil
	case isPanic:
		reason, _, _ := strings.Cut(panicked, "\n")
		return fmt.Errorf("%w: %s", ErrPanic, reason)
	case followed != nil && !errors.Is(followed, io.EOF):
		return followed
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrTimeout, context.DeadlineExceeded)
	case followed == nil && ctx.Err() != nil:
		return fmt.Errorf("%w: no power-off within %v", ErrTimeout, offTimeout)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case exit != nil:
		return fmt.Errorf("%w: QEMU: %w", ErrCutOff, exit)
	}
	return ErrCutOff
}

// ramDisk returns the guest's file system in a file without a name.
func ramDisk(ctx context.Context, m Machine, files []File, commands []Command) (*os.File, error) {
	plan := wire.Plan{Commands: commands}
	pages, memory := 0, 0
	for _, n := range m.Nodes {
		plan.Hugepages = append(plan.Hugepages, n.Hugepages)
		pages += n.Hugepages
		memory += n.MemoryMiB
	}
	planned, err := json.Marshal(plan)
	if err != nil {
		return nil, err
	}
	first, err := Build(ctx, initImport)
	if err != nil {
		return nil, err
	}
	all := append([]File{Program("/init", first), {Path: wire.PlanPath, Mode: 0o644, Data: planned}}, files...)
	disk, err := archive(all)
	if err != nil {
		return nil, err
	}
	// The kernel holds the archive and its content at the same time.
	if need := 2*len(disk)>>20 + 2*pages + minMemoryMiB/2; need > memory {
		return nil, fmt.Errorf("%w: its %d MiB of memory are too little for %d MiB of files and %d hugepages: it needs %d",
			ErrMachine, memory, len(disk)>>20, pages, need)
	}
	fd, err := unix.MemfdCreate("nrkern-guest-initrd", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("a memfd for the guest's files: %w", err)
	}
	f := os.NewFile(uintptr(fd), "initrd")
	if _, err := f.Write(disk); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing the guest's files: %w", err)
	}
	return f, nil
}

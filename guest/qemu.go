package guest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// kernelArguments: the console; an instant reboot at a panic, which -no-reboot
// makes the end of QEMU; our /init. The rest saves time under emulation: clocks
// are not calibrated against each other (lpj fits a 2.5 GHz clock at 250 Hz;
// nothing here depends on short delays), there are no mitigations of hardware
// that is not there, and no watchdog that takes a slow CPU for a stuck one.
const kernelArguments = "console=ttyS0 panic=-1 rdinit=/init tsc=reliable no_timer_check lpj=10000000 " +
	"mitigations=off apparmor=0 nowatchdog random.trust_cpu=on"

// EnvAccel names QEMU's accelerator. The default works everywhere; with access
// to /dev/kvm, "kvm" is much faster.
//
// The default emulates all CPUs on one thread, in turn. With a thread a CPU
// ("tcg,thread=multi"), QEMU 7.2 can keep executing an instruction that another
// CPU has replaced meanwhile: Linux patches its code when a tracepoint is switched
// on, a CPU then takes a breakpoint that is not there any more, for ever, and the
// guest hangs. One thread also is faster here, for a CPU that spins with PAUSE lets
// the next one run.
const EnvAccel = "NRKERN_GUEST_ACCEL"

// qemu is a running machine.
type qemu struct {
	frames  *os.File // the guest's second serial port
	console tail     // the guest's first serial port
	stderr  tail     // QEMU's own messages
	done    chan error
}

// startQEMU starts the machine. It is killed when ctx ends, and also, by the
// kernel, when this process dies. wait must be called in the end.
func startQEMU(ctx context.Context, tools Tools, m Machine, disk *os.File) (*qemu, error) {
	frames, port, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	q := &qemu{frames: frames, done: make(chan error, 1)}
	q.console.limit, q.stderr.limit = consoleKept, consoleKept

	accel := os.Getenv(EnvAccel)
	if accel == "" {
		accel = "tcg,thread=single"
	}
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", accel,
		// Descriptors 3 and 4 are the first two of ExtraFiles.
		"-serial", "stdio", "-serial", "file:/proc/self/fd/3",
		"-kernel", tools.Kernel, "-initrd", "/proc/self/fd/4", "-append", kernelArguments,
	}
	cmd := exec.CommandContext(ctx, tools.QEMU, append(args, m.arguments()...)...)
	cmd.Stdout, cmd.Stderr = &q.console, &q.stderr
	cmd.ExtraFiles = []*os.File{port, disk}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

	started := make(chan error)
	go func() {
		// Pdeathsig fires when the thread that forked ends, so that thread stays
		// with this goroutine until QEMU is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		port.Close()
		started <- err
		if err == nil {
			q.done <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, frames.Close())
	}
	return q, nil
}

// wait returns how QEMU ended, when it has.
func (q *qemu) wait() error {
	err := <-q.done
	q.frames.Close()
	return err
}

package guest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/guest/wire"
)

// These tests put a shell script where QEMU is expected: what matters is how
// the process is started, watched and ended, and no guest is needed for that.

// asQEMU makes Find return a script, and any file as the kernel. The script
// may use $fifo, whose path is returned: it tells the test how far it is.
func asQEMU(t *testing.T, script string) (fifo string) {
	t.Helper()
	dir := t.TempDir()
	fifo = filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	qemu := filepath.Join(dir, "qemu")
	if err := os.WriteFile(qemu, []byte("#!/bin/sh\nfifo="+fifo+"\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvQEMU, qemu)
	t.Setenv(EnvKernel, os.DevNull)
	return fifo
}

// pidFrom waits for a process number in a FIFO.
func pidFrom(fifo string) (int, error) {
	// For reading and writing, so that open does not wait for a writer; the
	// deadline is for one that never comes.
	f, err := os.OpenFile(fifo, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := f.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

func TestBootReportsHowQEMUEnds(t *testing.T) {
	for _, c := range []struct {
		name, script, says string
		want               error
	}{
		{"refuses its arguments", "echo no such machine >&2; exit 1", "no such machine", ErrCutOff},
		{"ends without a word", "exit 0", "console is empty", ErrCutOff},
		{"prints on the console", "printf 'hello\\r\\n'; exit 0", "hello", ErrCutOff},
		{"panics", "echo 'Kernel panic - not syncing: VFS'; exit 0", "not syncing: VFS", ErrPanic},
		{"speaks another language", "echo junk >&3; exec sleep 1000", "junk", wire.ErrGarbled},
	} {
		t.Run(c.name, func(t *testing.T) {
			asQEMU(t, c.script)
			_, err := Boot(t.Context(), Uniform(1, 1, 256, 0), nil, nil)
			var failed *BootError
			if !errors.Is(err, c.want) || !errors.As(err, &failed) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
		})
	}
}

func TestBootEndsWithItsContext(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		fifo := asQEMU(t, `echo $$ >"$fifo"; exec sleep 1000`)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var pid int
		var pidErr error
		go func() {
			defer cancel()
			pid, pidErr = pidFrom(fifo)
		}()
		_, err := Boot(ctx, Uniform(1, 1, 256, 0), nil, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		<-ctx.Done()
		if pidErr != nil {
			t.Fatal(pidErr)
		}
		if err := unix.Kill(pid, 0); !errors.Is(err, unix.ESRCH) {
			t.Errorf("QEMU is still there: %v", err)
		}
	})
	t.Run("time is up", func(t *testing.T) {
		asQEMU(t, "exec sleep 1000")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		// Where building /init takes all that time, it is the build that says so.
		if _, err := Boot(ctx, Uniform(1, 1, 256, 0), nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
	})
}

// The process that boots a guest is killed outright: the guest dies with it.
func TestQEMUDiesWithItsStarter(t *testing.T) {
	const child = "NRKERN_GUEST_TEST_CHILD"
	if os.Getenv(child) != "" {
		_, err := Boot(t.Context(), Uniform(1, 1, 256, 0), nil, nil)
		t.Fatal("not killed: ", err)
	}
	fifo := asQEMU(t, `echo $$ >"$fifo"; exec sleep 1000`)
	starter := exec.Command("/proc/self/exe", "-test.run=^TestQEMUDiesWithItsStarter$")
	starter.Env = append(os.Environ(), child+"=1")
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = starter.Process.Kill()
		_ = starter.Wait()
	}()
	pid, err := pidFrom(fifo)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	const patience = 20_000 // ms
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, patience)
	for errors.Is(err, unix.EINTR) { // the runtime signals its threads
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, patience)
	}
	if n != 1 {
		t.Errorf("QEMU is alive %d ms after the process that started it: %v", patience, err)
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	}
}

func TestBootNamesWhatIsMissing(t *testing.T) {
	for _, c := range []struct{ name, variable, value, says string }{
		{"QEMU", EnvQEMU, "/no/such/qemu", "/no/such/qemu"},
		{"kernel", EnvKernel, "/no/such/vmlinuz", "/no/such/vmlinuz"},
		{"cache", EnvCache, "/no/such/cache", "/no/such/cache/vmlinuz"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asQEMU(t, "exit 0")
			if c.variable == EnvCache {
				t.Setenv(EnvKernel, "")
			}
			t.Setenv(c.variable, c.value)
			_, err := Boot(t.Context(), Uniform(1, 1, 256, 0), nil, nil)
			if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), remedy) {
				t.Errorf("got %v, want ErrMissing, %q and the remedy", err, c.says)
			}
		})
	}
}

func TestBootRefusesWhatDoesNotFit(t *testing.T) {
	asQEMU(t, "exit 0")
	big := []File{{Path: "/big", Data: make([]byte, 80<<20)}}
	if _, err := Boot(t.Context(), Uniform(1, 1, 256, 0), big, nil); !errors.Is(err, ErrMachine) || !strings.Contains(err.Error(), "256 MiB") {
		t.Errorf("80 MiB of files in 256 MiB: %v; want ErrMachine", err)
	}
	if _, err := Boot(t.Context(), Uniform(1, 1, 256, 0), []File{{Path: "/init"}}, nil); !errors.Is(err, ErrFile) {
		t.Errorf("a second /init: %v; want ErrFile", err)
	}
}

func TestVerdictPrefersTheTellingReason(t *testing.T) {
	late, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	<-late.Done()
	killed, kill := context.WithCancel(context.Background())
	kill()
	killedQEMU := errors.New("signal: killed")
	fine := context.Background()
	for _, c := range []struct {
		name           string
		ctx            context.Context
		followed, exit error
		console        string
		want           error
	}{
		{"all well", fine, nil, nil, "", nil},
		{"out of time", late, io.EOF, killedQEMU, "", ErrTimeout},
		{"no power-off", killed, nil, killedQEMU, "", ErrTimeout},
		{"cancelled", killed, io.EOF, killedQEMU, "", context.Canceled},
		{"garbled, so killed", killed, wire.ErrGarbled, killedQEMU, "", wire.ErrGarbled},
		{"panic, then out of time", late, io.EOF, killedQEMU, "Kernel panic - not syncing: x\nmore", ErrPanic},
		{"QEMU crashed", fine, io.EOF, killedQEMU, "", killedQEMU},
		{"QEMU crashed at the end", fine, nil, killedQEMU, "", ErrCutOff},
	} {
		if err := verdict(c.ctx, c.followed, c.exit, c.console); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

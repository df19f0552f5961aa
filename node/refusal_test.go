package node

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// bootFrom has a kernel process boot from a descriptor, as if it had inherited
// it, and returns why it refuses. The descriptor becomes the kernel's.
func bootFrom(t *testing.T, fd int, topology *numa.Topology) error {
	t.Helper()
	k := newKernelProcess(identity{}, fd)
	var a bootAnswer
	err := k.boot(bootAsk{Config: DefaultConfig(), Topology: topology, Policy: transport.Goroutines}, &a)
	if err == nil {
		t.Fatal("it booted")
	}
	return err
}

// segment makes the segment of a machine, lets it be damaged, and returns a
// descriptor of it.
func segment(t *testing.T, topology *numa.Topology, damage func(s *transport.Segment)) int {
	t.Helper()
	c := DefaultConfig()
	l, err := layOut(c, topology)
	if err != nil {
		t.Fatal(err)
	}
	s, err := transport.Create(l, transport.Options{Hugepages: transport.HugepagesOff, Memory: memories(topology)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := prepare(s, c, topology); err != nil {
		t.Fatal(err)
	}
	damage(s)
	fd, err := unix.FcntlInt(uintptr(s.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// TestKernelRefusesForeignSegments: what a kernel inherits as its segment is
// one of this version, whole, and of this machine, or it says what it found.
func TestKernelRefusesForeignSegments(t *testing.T) {
	topology, err := numa.Discover()
	if err != nil {
		t.Fatal(err)
	}
	if topology, err = topology.Overlay(numa.Spec{Nodes: 2, Cores: 1}); err != nil {
		t.Fatal(err)
	}
	file := func(size int64) int {
		fd, err := unix.MemfdCreate("foreign", unix.MFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		if err := unix.Ftruncate(fd, size); err != nil {
			t.Fatal(err)
		}
		return fd
	}
	// The version is the second word of a segment.
	version := segment(t, topology, func(*transport.Segment) {})
	if _, err := unix.Pwrite(version, []byte{0xff}, 8); err != nil {
		t.Fatal(err)
	}
	wider := *topology
	wider.Nodes = append(wider.Nodes[:2:2], wider.Nodes[1])
	whole := segment(t, topology, func(*transport.Segment) {})
	magic := segment(t, topology, func(s *transport.Segment) {
		m, err := transport.View[machineWords](s, machinePart, 0)
		if err != nil {
			t.Fatal(err)
		}
		m.Magic.Store(1)
	})
	for _, c := range []struct {
		name     string
		fd       int
		topology *numa.Topology
		is       error
	}{
		{"closed descriptor", -1, topology, unix.EBADF},
		{"empty file", file(0), topology, transport.ErrForeignSegment},
		{"zeroes", file(4 << 20), topology, transport.ErrForeignSegment},
		{"another layout version", version, topology, transport.ErrLayoutVersion},
		{"another kind of machine", magic, topology, transport.ErrForeignSegment},
		{"another number of nodes", whole, &wider, transport.ErrForeignSegment},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := bootFrom(t, c.fd, c.topology); !errors.Is(err, c.is) {
				t.Errorf("%v, want %v", err, c.is)
			}
		})
	}
}

// TestKernelMainRefusesStrangers: the mark in the environment without a
// supervisor is a mistake, and is called one.
func TestKernelMainRefusesStrangers(t *testing.T) {
	for _, mark := range []string{"", "yes", `{"kernel":0}`} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), envKernel+"="+mark)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitUsage || !strings.Contains(string(out), "nrkern start") {
			t.Errorf("%s=%q: %v: %s", envKernel, mark, err, out)
		}
	}
}

// TestStrangersAreNotServed connects as another user.
func TestStrangersAreNotServed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	c := DefaultConfig()
	// Not below the temporary folder of the test run, which may be private.
	dir, err := os.MkdirTemp("/tmp", "nrk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c.Topology, c.Hugepages, c.RunDir = "2x1", transport.HugepagesOff, filepath.Join(dir, "run")
	m, err := Boot(t.Context(), c, Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Stop(t.Context()); <-m.Done() }()
	// The modes of directory and socket alone would keep the stranger out.
	for path, mode := range map[string]os.FileMode{dir: 0o711, m.RunDir(): 0o711, m.dir.file(socketFile): 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, who := range []struct {
		user   int
		served bool
	}{{0, true}, {12345, false}} {
		n, err := askAs(who.user, m.dir.file(socketFile))
		if served := n > 0; err != nil || served != who.served {
			t.Errorf("user %d: %d bytes, %v; served %v, want %v", who.user, n, err, served, who.served)
		}
	}
}

// askAs asks for the status as another user: on a thread of that user, which
// ends with the goroutine. It returns the length of the answer.
func askAs(user int, socket string) (n int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked
		// The raw call changes this thread alone; the syscall package's, all.
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(user), uintptr(user), uintptr(user)); errno != 0 {
			err = errno
			return
		}
		var fd int
		if fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
			return
		}
		defer func() { _ = unix.Close(fd) }()
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: socket}); err != nil {
			return
		}
		// A server that has hung up may refuse the request or end the answer.
		_, _ = unix.SendmsgN(fd, []byte("GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), nil, nil, unix.MSG_NOSIGNAL)
		n, _ = unix.Read(fd, make([]byte, 1000))
	}()
	<-done
	return max(n, 0), err
}

package node

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/nrkern/nrkern/numa"
)

// place is where a process runs and where its memory comes from.
type place struct {
	CPUs   []int       `json:"cpus"`
	Memory numa.Policy `json:"memory"`
}

// forker starts child processes from one thread that lives until close.
//
// It is one thread for two reasons. The parent-death signal of a child fires
// when the forking thread dies, not the process (prctl(2)); and a child
// inherits affinity and memory policy from the forking thread, across exec, so
// that every page it ever has, its Go heap included, obeys from the start.
type forker struct {
	work chan func()
	done chan struct{}
}

func newForker() *forker {
	f := &forker{work: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(f.done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for w := range f.work {
			w()
		}
	}()
	return f
}

// close ends the thread, and with it every child that is left.
func (f *forker) close() {
	close(f.work)
	<-f.done
}

// start starts a child at a place.
func (f *forker) start(at place, name string, argv []string, attr *os.ProcAttr) (p *os.Process, err error) {
	answered := make(chan struct{})
	f.work <- func() {
		defer close(answered)
		if err = numa.Pin(at.CPUs...); err != nil {
			return
		}
		if err = numa.SetPolicy(at.Memory); err != nil {
			return
		}
		p, err = os.StartProcess(name, argv, attr)
		// What the thread itself allocates is anybody's.
		_ = numa.SetPolicy(numa.Policy{})
	}
	<-answered
	if err != nil {
		return nil, fmt.Errorf("start a process on CPUs %s, memory %s: %w", numa.FormatList(at.CPUs), at.Memory, err)
	}
	return p, nil
}

// kernelAttr describes a kernel process: its files, and what ends it when the
// supervisor dies. It has a process group of its own, so that what a terminal
// sends is for the supervisor alone; and because Linux continues the stopped
// processes of a group that nobody is left to control (setpgid(2)), a kernel
// that is stopped when its supervisor dies gets to hear of it. A kernel that is
// kept is not ended so.
func kernelAttr(kept bool, env []string, files ...*os.File) *os.ProcAttr {
	sys := &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if kept {
		sys.Pdeathsig = 0
	}
	return &os.ProcAttr{Env: env, Files: files, Sys: sys}
}

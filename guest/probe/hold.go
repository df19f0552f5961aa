package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
)

// heldArg is the subcommand of the process that hold leaves behind.
const heldArg = "held"

// hold starts a process as nrkern starts a kernel, from a thread that is pinned
// and bound to a node, here the last one; it returns when that process has its
// memory, and leaves it behind.
func hold([]string) (any, error) {
	t, err := numa.Discover()
	if err != nil {
		return nil, err
	}
	n := t.Nodes[len(t.Nodes)-1]
	return onOwnThread(func() (int, error) {
		if err := numa.Pin(n.Cores...); err != nil {
			return 0, err
		}
		if err := numa.SetPolicy(numa.BindTo(n.Memory)); err != nil {
			return 0, err
		}
		r, w, err := os.Pipe()
		if err != nil {
			return 0, err
		}
		defer r.Close()
		p, err := os.StartProcess("/proc/self/exe", []string{"probe", heldArg},
			&os.ProcAttr{Files: []*os.File{nil, w, os.Stderr}})
		w.Close()
		if err != nil {
			return 0, err
		}
		if _, err := r.Read(make([]byte, 1)); err != nil {
			return 0, fmt.Errorf("the process ended: %w", err)
		}
		return p.Pid, p.Release()
	})
}

// held maps 4 hugepages on each node, says so with a byte on its standard
// output, closes both outputs, and waits for a signal.
func held([]string) (any, error) {
	nodes, err := memoryNodes()
	if err != nil {
		return nil, err
	}
	mem, err := bound("held", unix.MFD_HUGETLB|unix.MFD_HUGE_2MB, 4*numa.HugePageSize, nodes)
	if err != nil {
		return nil, err
	}
	if err := numa.Populate(mem); err != nil {
		return nil, err
	}
	if _, err := os.Stdout.Write([]byte{'.'}); err != nil {
		return nil, err
	}
	return nil, errors.Join(os.Stdout.Close(), os.Stderr.Close(), unix.Pause())
}

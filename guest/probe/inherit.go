package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"github.com/nrkern/nrkern/guest/probe/report"
	"github.com/nrkern/nrkern/numa"
)

// heapArg is the subcommand of a process that inherited its place.
const heapArg = "heap"

// heapBytes is what that process allocates: far more than the runtime has from
// before, in several arenas' worth of spans.
const heapBytes = 32 << 20

// inherited executes, for each node of the topology, a process from a thread
// that is pinned and bound to it, and asks that process where it is.
func inherited([]string) (any, error) {
	t, err := numa.Discover()
	if err != nil {
		return nil, err
	}
	var all []report.Inherited
	for _, n := range t.Nodes {
		found, err := onOwnThread(func() (f report.Inherited, err error) {
			if err := numa.Pin(n.Cores...); err != nil {
				return f, err
			}
			if err := numa.SetPolicy(numa.BindTo(n.Memory)); err != nil {
				return f, err
			}
			err = execute(&f, heapArg)
			f.Asked = n.ID
			return f, err
		})
		if err != nil {
			return nil, fmt.Errorf("node %d: %w", n.ID, err)
		}
		all = append(all, found)
	}
	return all, nil
}

// execute runs this program again from the calling thread, whose place the new
// process inherits, and decodes what it prints.
func execute(found any, args ...string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	p, err := os.StartProcess("/proc/self/exe", append([]string{"probe"}, args...),
		&os.ProcAttr{Files: []*os.File{nil, w, os.Stderr}})
	w.Close()
	if err != nil {
		return err
	}
	decodeErr := json.NewDecoder(r).Decode(found)
	state, err := p.Wait()
	if err == nil && !state.Success() {
		err = errors.New(state.String())
	}
	return errors.Join(err, decodeErr)
}

// heap fills a part of the Go heap and reports where that and the threads are.
func heap([]string) (any, error) {
	var f report.Inherited
	page := os.Getpagesize()
	mem := make([]byte, heapBytes)
	skip := -int(uintptr(unsafe.Pointer(&mem[0]))) & (page - 1)
	mem = mem[skip : skip+(heapBytes-skip)/page*page]
	for i := 0; i < len(mem); i += page {
		mem[i] = 1
	}
	var err error
	if f.Heap, err = nodesOf(mem, page); err != nil {
		return nil, err
	}
	f.Threads, err = threads(os.Getpid())
	return f, err
}

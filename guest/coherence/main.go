// Command coherence runs in a guest whose QEMU has the plugin of guest/plugin,
// and moves cache lines between nodes: by known answers, and by the structures,
// whose own count of hand-overs it prints as JSON.
//
//	coherence known CPUS...                  two CPUs write a line in turn
//	coherence rendezvous STRUCTURE OPS CPUS...
//	                 nr: two replicas write in turn. multikernel: node 0 calls
//	                 node 1. One thread does both sides and goes from CPU to CPU,
//	                 so that no side polls while the other writes.
//	coherence free STRUCTURE OPS CPUS...     both at once, as they run in earnest
//
// CPUS are one of each node.
//
// Concurrency: rendezvous has one thread; free has one on each of the CPUs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/transport"
)

// Result is what it prints.
type Result struct {
	Operations uint64               `json:"operations"`
	HandOvers  []transport.HandOver `json:"handovers"`
	Regions    []Region             `json:"regions"`
}

// Region is a stretch of the lines that are watched.
type Region struct {
	Name  string `json:"name"`
	First uint64 `json:"first_line"`
	Lines uint64 `json:"lines"`
}

func main() {
	debug.SetGCPercent(-1)
	r, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "coherence:", err)
		os.Exit(1)
	}
}

func run(args []string) (*Result, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("no subcommand")
	}
	what, structure, ops, rest := args[0], "", uint64(0), args[1:]
	if what != "known" {
		if len(rest) < 2 {
			return nil, fmt.Errorf("%s: want a structure and a number of operations", what)
		}
		var err error
		if ops, err = strconv.ParseUint(rest[1], 10, 32); err != nil {
			return nil, err
		}
		structure, rest = rest[0], rest[2:]
	}
	var cpus []int
	for _, word := range rest {
		cpu, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		cpus = append(cpus, cpu)
	}
	if len(cpus) != 2 {
		return nil, fmt.Errorf("CPUs %v: want one of each of two nodes", cpus)
	}
	runtime.LockOSThread()
	switch what {
	case "known":
		return known(cpus)
	case "rendezvous", "free":
		m, err := build(structure)
		if err != nil {
			return nil, err
		}
		return m.count(what == "free", ops, cpus)
	}
	return nil, fmt.Errorf("no subcommand %s", what)
}

// hop puts the thread on a CPU.
func hop(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("go to CPU %d: %w", cpu, err)
	}
	return nil
}

// line is one cache line.
type line struct {
	_    [64]byte
	word [8]uint64
	_    [64]byte
}

// follow is watch of bytes that are there: the thread stays on its CPU, and does
// not fault between a mark and its access.
func follow(first unsafe.Pointer, bytes int) {
	last := unsafe.Add(first, bytes-1)
	touch((*byte)(first))
	touch((*byte)(last))
	watch(uintptr(first), uintptr(last))
}

//go:noinline
func touch(at *byte) byte { return *at }

//go:noinline
func store(at *uint64, v uint64) { *at = v }

// known has two CPUs write a line in turn, twice each time, 100 times: of the 200
// hand-overs between turns all but the first cross.
func known(cpus []int) (*Result, error) {
	if err := hop(cpus[0]); err != nil {
		return nil, err
	}
	l := new(line)
	follow(unsafe.Pointer(&l.word), 64)
	start()
	for range 100 {
		for _, cpu := range cpus {
			if err := hop(cpu); err != nil {
				return nil, err
			}
			store(&l.word[0], 1)
			store(&l.word[7], 2)
		}
	}
	stop()
	return &Result{Operations: 200, Regions: []Region{{"line", 0, 1}}}, nil
}

// hopLocked is hop of a goroutine that then stays on its thread.
func hopLocked(cpu int) error {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	return hop(cpu)
}

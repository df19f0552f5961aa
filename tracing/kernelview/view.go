package kernelview

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Event is an event and what was counted of it.
type Event struct {
	Name    string
	Meaning string
	Source  string // the tracepoint that it comes from
	// Counts are by the number that Attach was given for a process.
	Counts map[int]uint64
	// During is what of it came to threads within traced calls, by operation.
	During map[Operation]uint64
	// Err says why it was not counted; then Counts is nil.
	Err error
}

// View is what is attached.
type View struct {
	maps     map[string]*ebpf.Map
	attached []attached
	numbers  []int // of the targets, by index
}

type attached struct {
	event
	source  string
	program *ebpf.Program
	link    link.Link
	err     error
}

// shared are the maps of kernel.c.
var shared = []string{"targets", "threads", "counts", "doing", "by_operation", "unplaced"}

// Attach counts events for processes, each with a number of the caller's that
// several may share. What cannot be attached says so when it is read. Doing is the
// tracer's map of the calls that threads are in, or nil if no calls are traced.
func Attach(processes map[int]int, doing *ebpf.Map) (*View, error) {
	return attachBy(processes, doing, func(event, way) bool { return true })
}

// errUnwanted is the error of an event with no way left.
var errUnwanted = errors.New("not asked for")

// attachBy attaches by those ways alone that are wanted.
func attachBy(processes map[int]int, doing *ebpf.Map, wanted func(event, way) bool) (_ *View, err error) {
	spec, err := loadKernel()
	if err != nil {
		return nil, err
	}
	v := &View{maps: map[string]*ebpf.Map{}}
	defer func() {
		if err != nil {
			v.Close()
		}
	}()
	spec.Maps["counts"].MaxEntries = uint32(max(len(processes), 1) * len(events()))
	for _, name := range shared {
		if name == "doing" && doing != nil {
			// A descriptor of our own: either may be closed first.
			if v.maps[name], err = doing.Clone(); err != nil {
				return nil, fmt.Errorf("the kernel's view: %w", err)
			}
			continue
		}
		if v.maps[name], err = ebpf.NewMap(spec.Maps[name]); err != nil {
			return nil, fmt.Errorf("the kernel's view: %w", err)
		}
	}
	for pid, number := range processes {
		index := uint32(len(v.numbers))
		v.numbers = append(v.numbers, number)
		if err := v.maps["targets"].Put(uint32(pid), index); err != nil {
			return nil, fmt.Errorf("the kernel's view: process %d: %w", pid, err)
		}
		if err := v.addThreads(pid, index); err != nil {
			return nil, err
		}
	}
	for _, e := range events() {
		e.ways = slices.DeleteFunc(e.ways, func(w way) bool { return !wanted(e, w) })
		v.attached = append(v.attached, v.attach(spec, e))
	}
	return v, nil
}

// attach tries the ways to an event in order.
func (v *View) attach(spec *ebpf.CollectionSpec, e event) attached {
	a := attached{event: e}
	if len(e.ways) == 0 {
		a.err = errUnwanted
		return a
	}
	var errs []error
	for _, w := range e.ways {
		program, l, err := v.try(spec, w)
		if err == nil {
			a.source, a.meaning, a.program, a.link = w.String(), e.by(w), program, l
			return a
		}
		errs = append(errs, fmt.Errorf("%s: %w", w, err))
	}
	a.err = errors.Join(errs...)
	return a
}

func (v *View) try(spec *ebpf.CollectionSpec, w way) (*ebpf.Program, link.Link, error) {
	alone := spec.Programs[w.program].Copy()
	if w.kind == fentry {
		alone.AttachTo = w.name
	}
	for name, m := range v.maps {
		err := alone.Instructions.AssociateMap(name, m)
		if err != nil && !errors.Is(err, errUnreferenced) {
			return nil, nil, err
		}
	}
	program, err := ebpf.NewProgram(alone)
	if err != nil {
		return nil, nil, err
	}
	var l link.Link
	switch w.kind {
	case raw:
		l, err = link.AttachRawTracepoint(link.RawTracepointOptions{Name: w.name, Program: program})
	case kprobe:
		l, err = link.Kprobe(w.name, program, nil)
	case typed, fentry:
		l, err = link.AttachTracing(link.TracingOptions{Program: program})
	case tracepoint:
		l, err = link.Tracepoint(w.group, w.name, program, nil)
	}
	if err != nil {
		_ = program.Close()
		return nil, nil, err
	}
	return program, l, nil
}

// Read returns the counts so far.
func (v *View) Read() ([]Event, error) {
	during, err := v.during()
	if err != nil {
		return nil, err
	}
	var all []Event
	for i, a := range v.attached {
		e := Event{Name: a.name, Meaning: a.meaning, Source: a.source, Err: a.err}
		if a.err == nil {
			e.Counts, e.During = map[int]uint64{}, during[i]
			for target, number := range v.numbers {
				var each []uint64
				if err := v.maps["counts"].Lookup(uint32(target*len(v.attached)+i), &each); err != nil {
					return nil, fmt.Errorf("read %s: %w", a.name, err)
				}
				for _, n := range each {
					e.Counts[number] += n
				}
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// Programs returns the programs that are attached, for what they cost.
func (v *View) Programs() []*ebpf.Program {
	var all []*ebpf.Program
	for _, a := range v.attached {
		if a.program != nil {
			all = append(all, a.program)
		}
	}
	return all
}

// Close takes everything out.
func (v *View) Close() {
	for _, a := range v.attached {
		if a.link != nil {
			_ = a.link.Close()
		}
		if a.program != nil {
			_ = a.program.Close()
		}
	}
	for _, m := range v.maps {
		_ = m.Close()
	}
	v.attached, v.maps = nil, nil
}

package main

import (
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// member is one node of a structure.
type member interface {
	combining.Server
	HandOvers() []transport.HandOver
}

// machine is a structure of two nodes in one process.
type machine struct {
	members [2]member
	ports   [2]kernel.Port
	stop    *transport.Word
	segment *transport.Segment
	base    unsafe.Pointer // of the segment
	regions []Region
	warmup  uint64 // operations after which every slot has been used twice
	// meet does one operation by which the nodes meet, hopping between CPUs.
	meet func(i uint64, cpus []int) error
}

const slots = 64

func build(structure string) (*machine, error) {
	m := &machine{stop: new(transport.Word)}
	layout := new(transport.Layout)
	switch structure {
	case "nr":
		if err := layout.AddLog("log", transport.MinLogSlots, 2, 0); err != nil {
			return nil, err
		}
	case "multikernel":
		if err := multikernel.AddMesh(layout, 2, slots); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("no structure %s", structure)
	}
	var err error
	if m.segment, err = transport.Local(layout); err != nil {
		return nil, err
	}
	for _, p := range m.segment.Parts() {
		at, err := transport.View[transport.Word](m.segment, p.Name, 0)
		if err != nil {
			return nil, err
		}
		m.base = unsafe.Add(unsafe.Pointer(at), -int(p.Offset))
	}
	if structure == "nr" {
		return m, m.replicas()
	}
	return m, m.nodes()
}

func (m *machine) region(name string, at unsafe.Pointer, bytes uint64) {
	m.regions = append(m.regions, Region{name, uint64(uintptr(at)-uintptr(m.base)) / 64, (bytes + 63) / 64})
}

func (m *machine) replicas() error {
	store, err := transport.OpenLog(m.segment, "log")
	if err != nil {
		return err
	}
	nrkernel.Prepare(store)
	m.region("slots", unsafe.Pointer(&store.Slots[0]), uint64(len(store.Slots)*transport.SlotSize))
	m.region("tail", unsafe.Pointer(&store.Control.Tail), 64)
	m.region("ctail", unsafe.Pointer(&store.Control.Completed), 64)
	for id, words := range store.Replicas {
		m.region("ltail", unsafe.Pointer(&words.Applied), 64)
		r, err := nrkernel.NewReplica(store, kernel.Single(kv.New(kv.Options{})), nrkernel.Config{ID: id, Policy: &transport.Goroutines, Stop: m.stop})
		if err != nil {
			return err
		}
		m.members[id] = r
		if m.ports[id], err = r.NewPort(1); err != nil {
			return err
		}
	}
	m.warmup = 3 * uint64(len(store.Slots))
	m.meet = func(i uint64, cpus []int) error {
		if err := hop(cpus[i%2]); err != nil {
			return err
		}
		op := kv.Put(1, i)
		op.Service = 1
		_, err := kernel.Call(m.ports[i%2], op)
		return err
	}
	return nil
}

func (m *machine) nodes() error {
	for _, p := range m.segment.Parts() {
		if strings.HasPrefix(p.Name, "mesh.from.") {
			m.regions = append(m.regions, Region{"ring", p.Offset / 64, p.Size / 64})
		}
	}
	for id := range 2 {
		table, err := kernel.NewTable(kv.Definition())
		if err != nil {
			return err
		}
		n, err := multikernel.Open(m.segment, table, multikernel.Config{ID: id, Stop: m.stop, Policy: &transport.Goroutines})
		if err != nil {
			return err
		}
		m.members[id] = n
		if m.ports[id], err = n.NewPort(2); err != nil {
			return err
		}
	}
	m.warmup = 3 * slots
	var keys [2]uint64 // one of each node
	service := kv.New(kv.Options{})
	for key := uint64(0); keys[0] == 0 || keys[1] == 0; key++ {
		op := kv.Put(key+1, 0)
		keys[multikernel.Owner(service.Shard(&op), 2)] = key + 1
	}
	m.meet = func(i uint64, cpus []int) error { return m.call(i, keys, cpus) }
	return nil
}

// call has node 0 call node 1, and itself, so that Next returns without waiting:
// the request is sent, served and answered by one thread that hops.
func (m *machine) call(i uint64, keys [2]uint64, cpus []int) error {
	port := m.ports[0]
	if err := hop(cpus[0]); err != nil {
		return err
	}
	for place, key := range []uint64{keys[1], keys[0]} {
		op := kv.Put(key, i)
		op.Service = kv.Definition().ID
		port.Ops()[place] = op
		port.Start(place)
	}
	if place, err := port.Next(); err != nil || place != 1 {
		return fmt.Errorf("the local call: place %d: %w", place, err)
	}
	if err := hop(cpus[1]); err != nil {
		return err
	}
	if progress, err := m.members[1].Serve(); err != nil || !progress {
		return fmt.Errorf("node 1 found nothing to do (%w)", err)
	}
	if err := hop(cpus[0]); err != nil {
		return err
	}
	if progress, err := m.members[0].Serve(); err != nil || !progress {
		return fmt.Errorf("node 0 found no answer (%w)", err)
	}
	place, err := port.Next()
	if err != nil || place != 0 {
		return fmt.Errorf("the call of node 1: place %d: %w", place, err)
	}
	return nil
}

// count runs operations and returns the structure's own count, while the plugin
// makes its own.
func (m *machine) count(free bool, ops uint64, cpus []int) (*Result, error) {
	if err := hop(cpus[0]); err != nil {
		return nil, err
	}
	follow(m.base, m.segment.Size())
	for i := range m.warmup {
		if err := m.meet(i, cpus); err != nil {
			return nil, err
		}
	}
	before := m.handOvers()
	var err error
	start()
	if free {
		err = m.free(ops, cpus)
	} else {
		for i := uint64(0); i < ops && err == nil; i++ {
			err = m.meet(i, cpus)
		}
	}
	stop()
	if err != nil {
		return nil, err
	}
	return &Result{Operations: ops, HandOvers: transport.SubHandOvers(m.handOvers(), before), Regions: m.regions}, nil
}

func (m *machine) handOvers() (all []transport.HandOver) {
	for _, n := range m.members {
		all = append(all, n.HandOvers()...)
	}
	return all
}

// free has both nodes write keys of both at once.
func (m *machine) free(ops uint64, cpus []int) error {
	var working sync.WaitGroup
	errs := make([]error, 2)
	done := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	for node := range 2 {
		working.Go(func() {
			errs[node] = func() error {
				if err := hopLocked(cpus[node]); err != nil {
					return err
				}
				for i := range ops / 2 {
					op := kv.Put(i%16+1, i)
					op.Service = kv.Definition().ID
					if _, err := kernel.Call(m.ports[node], op); err != nil {
						return err
					}
				}
				close(done[node])
				// The other may still call this one.
				for {
					select {
					case <-done[1-node]:
						return nil
					default:
					}
					if _, err := m.members[node].Serve(); err != nil {
						return err
					}
				}
			}()
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

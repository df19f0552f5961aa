package nrkernel_test

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// machine is replicas that share nothing but a log, as the kernels of a machine
// do, in one process.
type machine struct {
	store    *transport.LogStore
	stop     *transport.Word
	replicas []*nrkernel.Replica
	attended sync.WaitGroup
}

// newMachine makes a log whose indices begin at base.
func newMachine(t testing.TB, replicas, slots int, base uint64) *machine {
	t.Helper()
	layout := new(transport.Layout)
	if err := layout.AddLog("log", slots, replicas, 0); err != nil {
		t.Fatal(err)
	}
	segment, err := transport.Local(layout)
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{stop: new(transport.Word)}
	if m.store, err = transport.OpenLog(segment, "log"); err != nil {
		t.Fatal(err)
	}
	nrkernel.Prepare(m.store)
	m.store.Control.Tail.Store(base)
	m.store.Control.Completed.Store(base)
	for _, words := range m.store.Replicas {
		words.Applied.Store(base)
	}
	for id := range m.store.Replicas {
		r, err := nrkernel.NewReplica(m.store, kernel.Single(new(tally)), nrkernel.Config{ID: id, Stop: m.stop})
		if err != nil {
			t.Fatal(err)
		}
		m.replicas = append(m.replicas, r)
	}
	t.Cleanup(func() {
		m.stop.Swap(1)
		for _, r := range m.replicas {
			r.Bell().Ring()
		}
		m.attended.Wait()
	})
	return m
}

// attend gives replica id its attending thread.
func (m *machine) attend(t testing.TB, id int) {
	m.attended.Go(func() {
		if err := combining.Attend(m.replicas[id], m.stop, &transport.Goroutines); err != nil {
			t.Error(err)
		}
	})
}

func write(t testing.TB, p kernel.Port, n uint64) uint64 {
	t.Helper()
	res, err := kernel.Call(p, kernel.Op{Service: 1, Code: addCode, Args: [6]uint64{n}})
	if err != nil {
		t.Fatal(err)
	}
	return res.Value
}

// TestIdleReplicasDoNotBlock: one writer goes many times round a tiny log while
// the other replicas run no thread but the one that attends to them.
func TestIdleReplicasDoNotBlock(t *testing.T) {
	m := newMachine(t, 4, transport.MinLogSlots, 0)
	for id := 1; id < 4; id++ {
		m.attend(t, id)
	}
	p := newPort(t, m.replicas[0], 1)
	const n = 50 * transport.MinLogSlots
	for range n {
		write(t, p, 1)
	}
	for id := range m.replicas {
		res, err := kernel.Call(newPort(t, m.replicas[id], 1), kernel.Op{Service: 1, Code: getCode})
		if err != nil || res.Value != n {
			t.Errorf("replica %d counts %d, want %d (%v)", id, res.Value, n, err)
		}
	}
}

// TestIndexBeyondHalf: indices go past the largest signed number, where a
// careless comparison would turn round.
func TestIndexBeyondHalf(t *testing.T) {
	m := newMachine(t, 3, transport.MinLogSlots, math.MaxInt64-100)
	var wg sync.WaitGroup
	for id := range m.replicas {
		m.attend(t, id)
		p := newPort(t, m.replicas[id], 4)
		wg.Go(func() { addAndRead(t, p, 1000, 60) })
	}
	wg.Wait()
	want, at, err := m.replicas[0].Digest()
	if err != nil || at <= math.MaxInt64 {
		t.Fatalf("the log ends at %d (%v), not beyond the middle", at, err)
	}
	for _, r := range m.replicas[1:] {
		if got, index, err := r.Digest(); got != want || index != at || err != nil {
			t.Errorf("replica %d: digest %x at %d, want %x at %d (%v)", r.ID(), got, index, want, at, err)
		}
	}
}

// TestStopEndsEveryWait: a writer that waits for a full log, a reader that
// waits behind it, and a replica that waits for a slot nobody fills all return
// ErrStopped when the machine stops.
func TestStopEndsEveryWait(t *testing.T) {
	m := newMachine(t, 2, transport.MinLogSlots, 0)
	full, hole := newPort(t, m.replicas[0], 1), newPort(t, m.replicas[1], 1)
	var wg sync.WaitGroup
	wg.Go(func() { // replica 1 is never attended, so its ltail stays
		for {
			if _, err := kernel.Call(full, kernel.Op{Service: 1, Code: addCode}); err != nil {
				if !errors.Is(err, kernel.ErrStopped) {
					t.Errorf("writer: %v", err)
				}
				return
			}
		}
	})
	for m.replicas[0].Events().LogFull.Load() == 0 {
		w := transport.NewWaiter(&transport.Goroutines)
		w.Pause()
	}
	wg.Go(func() {
		// Reserve a slot as a replica would that then dies, past all that is live.
		m.store.Control.Tail.Swap(m.store.Control.Tail.Load() + 1)
		if _, err := kernel.Call(hole, kernel.Op{Service: 1, Code: addCode}); !errors.Is(err, kernel.ErrStopped) {
			t.Errorf("writer behind a hole: %v", err)
		}
	})
	for m.replicas[1].Events().Holes.Load() == 0 {
		w := transport.NewWaiter(&transport.Goroutines)
		w.Pause()
	}
	m.stop.Swap(1)
	wg.Wait()
}

// TestDamagedRecord: a record that says more data than can be is an error that
// names replica and index, not a panic.
func TestDamagedRecord(t *testing.T) {
	m := newMachine(t, 2, transport.MinLogSlots, 0)
	m.store.Control.Tail.Swap(1)
	s := m.store.At(0)
	*s.Fill() = transport.Payload{1 | uint64(addCode)<<8 | 0xffff<<16}
	s.Publish(transport.Generation(0))
	p := newPort(t, m.replicas[1], 1)
	_, err := kernel.Call(p, kernel.Op{Service: 1, Code: addCode})
	if !errors.Is(err, kernel.ErrBadRecord) || !strings.Contains(err.Error(), "replica 1, log index 0") {
		t.Errorf("got %v", err)
	}
}

// TestRefusals: what cannot be built is refused in words.
func TestRefusals(t *testing.T) {
	fresh := func() kernel.Service { return new(tally) }
	for _, c := range []struct{ replicas, slots int }{{0, 64}, {65, 64}, {2, 63}, {2, 32}, {2, 1 << 29}} {
		if _, err := nrkernel.NewGroup(c.replicas, fresh, nrkernel.Options{LogSlots: c.slots}); !errors.Is(err, transport.ErrLog) {
			t.Errorf("NewGroup(%d replicas, %d slots) = %v, want ErrLog", c.replicas, c.slots, err)
		}
	}
	m := newMachine(t, 1, 64, 0)
	if _, err := nrkernel.NewReplica(m.store, kernel.Single(fresh()), nrkernel.Config{ID: 1}); !errors.Is(err, nrkernel.ErrReplica) {
		t.Errorf("replica 1 of 1: %v", err)
	}
	p := newPort(t, m.replicas[0], 1)
	if _, err := p.Next(); !errors.Is(err, kernel.ErrIdle) {
		t.Errorf("Next with nothing outstanding: %v", err)
	}
	p.Start(0) // service 0: refused, but outstanding until collected
	if err := p.Close(); !errors.Is(err, combining.ErrOutstanding) {
		t.Errorf("Close with an operation outstanding: %v", err)
	}
}

// TestHandOvers: replicas that write in turn hand over an entry's line and the
// tail's for each write, by the replica that wrote before.
func TestHandOvers(t *testing.T) {
	m := newMachine(t, 2, 1024, 0)
	ports := []kernel.Port{newPort(t, m.replicas[0], 1), newPort(t, m.replicas[1], 1)}
	const writes = 10
	for range writes {
		write(t, ports[0], 1)
		write(t, ports[1], 1)
	}
	lines := func(id, from int, cause transport.Cause) (n uint64) {
		for _, h := range m.replicas[id].HandOvers() {
			if h.To != id {
				t.Errorf("replica %d has a column of %d", id, h.To)
			}
			if h.From == from && h.Cause == cause {
				n += h.Lines
			}
		}
		return n
	}
	// The first of replica 0 finds the log as it was made.
	if a, b := lines(0, 1, transport.CauseEntry), lines(1, 0, transport.CauseEntry); a != writes-1 || b != writes {
		t.Errorf("entries: replica 0 took %d lines, replica 1 took %d", a, b)
	}
	// Tail and ctail, each found as the other had left it.
	if a, b := lines(0, 1, transport.CauseControl), lines(1, 0, transport.CauseControl); a != 2*(writes-1) || b != 2*writes {
		t.Errorf("control words: replica 0 took %d lines, replica 1 took %d", a, b)
	}
	for id, r := range m.replicas {
		sum := uint64(0)
		for _, h := range r.HandOvers() {
			sum += h.Lines
		}
		if all := r.Traffic().HandOvers(); all != sum || sum == 0 {
			t.Errorf("replica %d: the matrix has %d lines, the traffic %d", id, sum, all)
		}
	}
}

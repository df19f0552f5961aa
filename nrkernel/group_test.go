package nrkernel_test

import (
	"encoding/binary"
	"io"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/nrkernel"
)

// tally is a sequential structure that remembers the order of what was applied
// to it: its digest differs as soon as two replicas differ in one place.
type tally struct{ n, chain uint64 }

const (
	addCode = kernel.Code(1)
	getCode = kernel.QueryBit | 1
)

func (c *tally) Apply(op *kernel.Op, res *kernel.Result) {
	c.n += op.Args[0]
	c.chain = c.chain*0x9e3779b97f4a7c15 + op.Args[0] + 1
	for _, b := range op.Data {
		c.chain = c.chain*31 + uint64(b)
	}
	res.Value = c.n
}
func (c *tally) Query(_ *kernel.Op, res *kernel.Result) { res.Value = c.n }
func (c *tally) Shards() int                            { return 1 }
func (c *tally) Shard(*kernel.Op) int                   { return 0 }
func (c *tally) Snapshot(w io.Writer) error             { return binary.Write(w, binary.LittleEndian, *c) }

func (c *tally) Restore(r io.Reader) error { return binary.Read(r, binary.LittleEndian, c) }
func (c *tally) Digest() uint64            { return c.chain }

func newGroup(t testing.TB, replicas, slots int) *nrkernel.Group {
	t.Helper()
	g, err := nrkernel.NewGroup(replicas, func() kernel.Service { return new(tally) }, nrkernel.Options{LogSlots: slots})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newPort(t testing.TB, r *nrkernel.Replica, window int) *nrkernel.Port {
	t.Helper()
	p, err := r.NewPort(window)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAddsFromEverywhere runs adding threads on every replica, with windows and
// records of several sizes, over logs from tiny to ample, and compares the
// total and the digests.
func TestAddsFromEverywhere(t *testing.T) {
	for _, c := range []struct{ replicas, threads, window, slots, data int }{
		{1, 1, 1, 64, 0},
		{1, 3, 4, 64, 0},
		{2, 1, 1, 64, 0},
		{2, 2, 16, 64, 100},
		{2, 1, 64, 256, kernel.MaxData},
		{4, 2, 3, 1024, 57},
		{16, 1, 4, 64, 8},
		{24, 1, 32, 4096, 0},
	} {
		g := newGroup(t, c.replicas, c.slots)
		const each = 2000
		var wg sync.WaitGroup
		for r := range c.replicas {
			for range c.threads {
				p := newPort(t, g.Replica(r), c.window)
				wg.Go(func() { addAndRead(t, p, each, c.data) })
			}
		}
		wg.Wait()
		want := uint64(c.replicas * c.threads * each)
		first, at, err := g.Replica(0).Digest()
		if err != nil {
			t.Fatal(err)
		}
		for r := range c.replicas {
			digest, index, err := g.Replica(r).Digest()
			if err != nil || digest != first || index != at {
				t.Errorf("%+v: replica %d: digest %x at %d, replica 0 %x at %d (%v)", c, r, digest, index, first, at, err)
			}
			res, err := kernel.Call(newPort(t, g.Replica(r), 1), kernel.Op{Service: 1, Code: getCode})
			if err != nil || res.Value != want {
				t.Errorf("%+v: replica %d counts %d, want %d (%v)", c, r, res.Value, want, err)
			}
		}
	}
}

// addAndRead adds 1 the given number of times, with the port's whole window
// outstanding, a read after every seventh.
func addAndRead(t *testing.T, p *nrkernel.Port, times, data int) {
	ops, results := p.Ops(), p.Results()
	bytes := make([]byte, data)
	started, reads := 0, 0
	start := func(i int) {
		if started%7 == 6 && reads*7 < started {
			reads++
			ops[i] = kernel.Op{Service: 1, Code: getCode}
		} else {
			started++
			ops[i] = kernel.Op{Service: 1, Code: addCode, Args: [6]uint64{1}, Data: bytes}
		}
		p.Start(i)
	}
	outstanding := 0
	for i := range ops {
		if started < times {
			start(i)
			outstanding++
		}
	}
	var last uint64
	for outstanding > 0 {
		i, err := p.Next()
		if err != nil {
			t.Error(err)
			return
		}
		outstanding--
		if len(ops) == 1 {
			if v := results[i].Value; v < last {
				t.Errorf("the counter went from %d back to %d", last, v)
			} else {
				last = v
			}
		}
		if started < times {
			start(i)
			outstanding++
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

package probe

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cilium/ebpf"

	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// Tally is what was seen of a site, or of a pair at its end.
type Tally struct {
	Hits uint64
	Size uint64 // sum of the sizes; at an end, of its beginnings
	// Pairs are ends whose beginning was seen; the durations are theirs.
	Pairs    uint64
	Total    time.Duration
	Longest  time.Duration
	Unpaired uint64 // ends whose beginning was not seen
	// Valued are the pairs with counters at both ends, Sums what lay between.
	// Those that moved to another CPU meanwhile, or ran on a thread without
	// counters, are left out and counted.
	Valued, Moved, Uncounted uint64
	Multiplexed              uint64 // of the valued, those whose counters were not counting all the time
	Sums                     [MaxValues]uint64

	// Durations are those of the pairs, by class.
	Durations transport.Durations
}

// Quantile returns an upper bound of the duration below which a share of the
// pairs is, at most 25 % too large.
func (t *Tally) Quantile(q float64) time.Duration {
	if ns, ok := t.Durations.Quantile(q); ok {
		return min(time.Duration(ns), t.Longest)
	}
	return t.Longest
}

func (t *Tally) add(o Tally) {
	t.Hits += o.Hits
	t.Size += o.Size
	t.Pairs += o.Pairs
	t.Total += o.Total
	t.Longest = max(t.Longest, o.Longest)
	t.Unpaired += o.Unpaired
	t.Valued += o.Valued
	t.Moved += o.Moved
	t.Uncounted += o.Uncounted
	t.Multiplexed += o.Multiplexed
	for i := range t.Sums {
		t.Sums[i] += o.Sums[i]
	}
	for i := range t.Durations {
		t.Durations[i] += o.Durations[i]
	}
}

// Seen is a site of a target and what was seen of it.
type Seen struct {
	Target Target
	site.Description
	Tally
}

// Operation is one kind of call at one node.
type Operation struct {
	Node          int
	Service, Code uint8
	Calls         uint64
	Total         time.Duration
	Longest       time.Duration
	Valued        uint64
	Sums          [MaxValues]uint64
}

// Reading is all that was seen since Attach.
type Reading struct {
	Sites      []Seen
	Operations []Operation
	Empty      Tally
	Lost       Lost
}

// Lost counts what could not be kept.
type Lost struct {
	Hits       uint64 `json:"hits"`       // the ring buffer was full
	Open       uint64 `json:"open"`       // too many pairs were open
	Operations uint64 `json:"operations"` // too many kinds of operation
	Missed     uint64 `json:"missed"`     // a program was at work already
}

// Since returns what was lost after an earlier reading.
func (l Lost) Since(before Lost) Lost {
	return Lost{l.Hits - before.Hits, l.Open - before.Open, l.Operations - before.Operations, l.Missed - before.Missed}
}

// Total returns the sum.
func (l Lost) Total() uint64 { return l.Hits + l.Open + l.Operations + l.Missed }

// Cost is what the programs behind the probes took, by Linux's measure: it
// measures while somebody holds ebpf.EnableStats open. The trap that leads to
// them comes on top: see Empty.
type Cost struct {
	Runs    uint64
	Runtime time.Duration
}

// Since returns what was taken after an earlier reading.
func (c Cost) Since(before Cost) Cost {
	return Cost{c.Runs - before.Runs, c.Runtime - before.Runtime}
}

// Add adds what a program took.
func (c *Cost) Add(p *ebpf.Program) (missed uint64, err error) {
	s, err := p.Stats()
	if err != nil {
		return 0, fmt.Errorf("what a program took: %w", err)
	}
	c.Runs += s.RunCount
	c.Runtime += s.Runtime
	return s.RecursionMisses, nil
}

// Read adds up what was seen since Attach.
func (t *Tracer) Read() (*Reading, error) {
	r := &Reading{}
	for i, s := range t.slots {
		tally, err := t.tally(uint32(i))
		if err != nil {
			return nil, err
		}
		if s.target < 0 {
			if s.Role == site.End {
				r.Empty = tally
			}
			continue
		}
		r.Sites = append(r.Sites, Seen{t.targets[s.target], s.Description, tally})
	}
	var err error
	if r.Operations, err = t.operations(); err != nil {
		return nil, err
	}
	if r.Lost, err = t.lost(); err != nil {
		return nil, err
	}
	return r, nil
}

func (t *Tracer) tally(slot uint32) (Tally, error) {
	var each []sitesTally
	if err := t.objects.Tallies.Lookup(slot, &each); err != nil {
		return Tally{}, fmt.Errorf("read the tally of a site: %w", err)
	}
	var sum Tally
	for _, e := range each {
		sum.add(Tally{
			Hits: e.Hits, Size: e.Size, Pairs: e.Pairs, Total: time.Duration(e.Ns), Longest: time.Duration(e.Longest),
			Unpaired: e.Unpaired, Valued: e.Valued, Moved: e.Moved, Uncounted: e.Uncounted, Multiplexed: e.Multiplexed,
			Sums: e.Sums, Durations: e.Buckets,
		})
	}
	return sum, nil
}

func (t *Tracer) operations() ([]Operation, error) {
	var found []Operation
	var key sitesOperationKey
	var each []sitesOperation
	entries := t.objects.Operations.Iterate()
	for entries.Next(&key, &each) {
		o := Operation{Node: int(key.Node), Service: uint8(key.Code >> 8), Code: uint8(key.Code)}
		for _, e := range each {
			o.Calls += e.Calls
			o.Total += time.Duration(e.Ns)
			o.Longest = max(o.Longest, time.Duration(e.Longest))
			o.Valued += e.Valued
			for i := range o.Sums {
				o.Sums[i] += e.Sums[i]
			}
		}
		found = append(found, o)
	}
	return found, entries.Err()
}

// lost reads what could not be kept since Attach.
func (t *Tracer) lost() (l Lost, err error) {
	for i, n := range []*uint64{&l.Hits, &l.Open, &l.Operations} {
		if err := t.objects.Lost.Lookup(uint32(i), n); err != nil {
			return l, fmt.Errorf("read what was lost: %w", err)
		}
	}
	var cost Cost
	l.Missed, err = t.addCost(&cost)
	return l, err
}

// Cost returns what the programs took since Attach.
func (t *Tracer) Cost() (c Cost, err error) {
	_, err = t.addCost(&c)
	return c, err
}

func (t *Tracer) addCost(c *Cost) (missed uint64, err error) {
	for _, p := range []*ebpf.Program{t.objects.Instant, t.objects.Begin, t.objects.End} {
		n, err := c.Add(p)
		if err != nil {
			return missed, err
		}
		missed += n
	}
	return missed, nil
}

// Empty passes an empty pair of probes in this process so many times, in
// batches, and returns what one took in the best batch, traps included: in the
// others somebody else had the CPU.
func (t *Tracer) Empty(batches, pairs int) time.Duration {
	best := time.Duration(math.MaxInt64)
	for range batches {
		began := time.Now()
		for range pairs {
			site.EmptyBegin()
			site.EmptyEnd()
		}
		best = min(best, time.Since(began)/time.Duration(max(pairs, 1)))
	}
	return best
}

// Reset begins to count anew. What is hit meanwhile may be counted in part.
func (t *Tracer) Reset() error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return err
	}
	zero := make([]sitesTally, cpus)
	for i, s := range t.slots {
		if s.target < 0 {
			continue
		}
		if err := t.objects.Tallies.Update(uint32(i), zero, ebpf.UpdateAny); err != nil {
			return fmt.Errorf("reset the tally of a site: %w", err)
		}
	}
	var keys []sitesOperationKey
	var key sitesOperationKey
	var each []sitesOperation
	entries := t.objects.Operations.Iterate()
	for entries.Next(&key, &each) {
		keys = append(keys, key)
	}
	if err := entries.Err(); err != nil {
		return err
	}
	for _, k := range keys {
		if err := t.objects.Operations.Delete(k); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
	}
	return nil
}

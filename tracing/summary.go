package tracing

import (
	"cmp"
	"slices"
	"time"

	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

// Report says what was seen since Start, or Restart. Operations is what the machine
// completed meanwhile by its own word, or nil.
func (s *Session) Report(operations *uint64) (*Report, error) {
	r := &Report{
		Began: s.base.began, Duration: time.Since(s.base.began), Operations: operations,
		Features: s.features(), Sites: []Site{}, Calls: []Call{}, Counters: []Count{}, Links: []Link{},
		Kernel: []Activity{}, Stacks: []Stack{}, Values: ValuesPerOp{Events: []Value{}},
	}
	seconds := r.Duration.Seconds()
	for i, c := range s.set.Read() {
		r.Counters = append(r.Counters, countOf(c.Since(s.base.counters[i]), s.nodes, operations))
	}
	for i, l := range s.links.Read() {
		r.Links = append(r.Links, linkOf(l, s.base.links[i], seconds))
	}
	if s.tracer != nil {
		if err := s.reportProbes(r); err != nil {
			return nil, err
		}
	}
	if err := s.reportKernel(r); err != nil {
		return nil, err
	}
	if err := s.reportStacks(r); err != nil {
		return nil, err
	}
	if err := s.reportCost(r); err != nil {
		return nil, err
	}
	r.Lost.Total = r.Lost.Probes.Total() + r.Lost.Stacks
	return r, nil
}

func (s *Session) reportProbes(r *Report) error {
	seen, err := s.tracer.Read()
	if err != nil {
		return err
	}
	seconds := r.Duration.Seconds()
	values := probe.Tally{}
	order := map[string]int{}
	for id, d := range site.Catalogue() {
		order[d.Name] = id
	}
	slices.SortStableFunc(seen.Sites, func(a, b probe.Seen) int {
		return cmp.Or(cmp.Compare(a.Target.Node, b.Target.Node), cmp.Compare(order[a.Name], order[b.Name]))
	})
	for _, p := range seen.Sites {
		r.Sites = append(r.Sites, siteOf(p, s.options.Every, seconds))
		if p.Name == "call_end" {
			values.Valued += p.Valued
			values.Moved += p.Moved
			values.Uncounted += p.Uncounted
			values.Multiplexed += p.Multiplexed
			for i := range values.Sums {
				values.Sums[i] += p.Sums[i]
			}
		}
	}
	s.reportValues(r, values, seen.Empty)
	r.Calls = append(r.Calls, callsOf(seen.Operations, s.options.PerCall, seconds)...)
	r.Lost.Probes = seen.Lost.Since(s.base.lost)
	return nil
}

func (s *Session) reportValues(r *Report, calls, empty probe.Tally) {
	r.Values.Calls, r.Values.Moved, r.Values.Uncounted, r.Values.Multiplexed = calls.Valued, calls.Moved, calls.Uncounted, calls.Multiplexed
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range s.options.PerCall {
		v := Value{Event: e.Name}
		if err := s.perCall[i]; err != nil {
			v.Reason = reasonOf(err)
		} else {
			v.PerCall, v.Empty = per(float64(calls.Sums[i]), calls.Valued), per(float64(empty.Sums[i]), empty.Valued)
		}
		r.Values.Events = append(r.Values.Events, v)
	}
}

func siteOf(p probe.Seen, every uint64, seconds float64) Site {
	n := Site{
		Name: p.Name, Pair: p.Pair, Node: p.Target.Node, PID: p.Target.PID, Hits: p.Hits,
		PerS: float64(p.Hits) / seconds, OneIn: 1, Unit: p.Description.Size,
	}
	if p.Sampled {
		n.OneIn = max(every, 1)
	}
	if p.Description.Size != "" {
		n.Size = &p.Tally.Size
	}
	if p.Role != site.End {
		return n
	}
	n.Pairs, n.Unpaired, n.Total = &p.Pairs, &p.Unpaired, &p.Total
	if p.Pairs > 0 {
		mean, p50, p99 := p.Total/time.Duration(p.Pairs), p.Quantile(0.50), p.Quantile(0.99)
		n.Mean, n.P50, n.P99, n.Max = &mean, &p50, &p99, &p.Longest
	}
	return n
}

// callsOf gives the operations, those that took the most time first.
func callsOf(operations []probe.Operation, events []counter.Event, seconds float64) []Call {
	all := time.Duration(0)
	for _, o := range operations {
		all += o.Total
	}
	var calls []Call
	for _, o := range operations {
		c := Call{
			Node: o.Node, Service: int(o.Service), Code: int(o.Code), Calls: o.Calls, PerS: float64(o.Calls) / seconds,
			Total: o.Total, Mean: o.Total / time.Duration(max(o.Calls, 1)), Max: o.Longest, Share: float64(o.Total) / float64(max(all, 1)),
			Values: map[string]float64{},
		}
		for i, e := range events {
			if o.Valued > 0 {
				c.Values[e.Name] = float64(o.Sums[i]) / float64(o.Valued)
			}
		}
		calls = append(calls, c)
	}
	slices.SortFunc(calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Code, b.Code))
	})
	return calls
}

func linkOf(now, before counter.LinkCount, seconds float64) Link {
	l := Link{Unit: now.Unit, Socket: now.CPU, Event: now.Event.Name, Untested: now.Event.Untested}
	if now.Err != nil {
		l.Reason = reasonOf(now.Err)
		return l
	}
	v := now.Value.Since(before.Value)
	count, ok := v.Scaled()
	if !ok {
		l.Reason = "it was never counting"
		return l
	}
	rate, coverage := count*now.Bytes/seconds, v.Coverage()
	l.Count, l.BytesPerS, l.Coverage = &count, &rate, &coverage
	return l
}

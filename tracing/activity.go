package tracing

import (
	"github.com/nrkern/nrkern/tracing/kernelview"
	"github.com/nrkern/nrkern/tracing/stacks"
)

// reportKernel fills in what Linux did.
func (s *Session) reportKernel(r *Report) error {
	if s.view == nil {
		return nil
	}
	now, err := s.view.Read()
	if err != nil {
		return err
	}
	for i, e := range now {
		r.Kernel = append(r.Kernel, activityOf(e, s.base.activity[i], r.Operations))
	}
	for i := range r.Calls {
		r.Calls[i].Linux = linuxOf(r.Calls[i], now, s.base.activity)
	}
	unplaced, err := s.view.Unplaced()
	r.Lost.Probes.Operations += unplaced - s.base.unplaced
	return err
}

// linuxOf gives what came within calls of a kind, of the events that are watched.
func linuxOf(c Call, now, before []kernelview.Event) map[string]uint64 {
	of := kernelview.Operation{Node: c.Node, Service: uint8(c.Service), Code: uint8(c.Code)}
	found := map[string]uint64{}
	for i, e := range now {
		if e.Err == nil {
			found[e.Name] = e.During[of] - before[i].During[of]
		}
	}
	return found
}

func activityOf(now, before kernelview.Event, operations *uint64) Activity {
	a := Activity{Event: now.Name, Source: now.Source, Meaning: now.Meaning, ByNode: map[int]uint64{}}
	if now.Err != nil {
		a.Reason = reasonOf(now.Err)
		return a
	}
	total := uint64(0)
	for node, n := range now.Counts {
		a.ByNode[node] = n - before.Counts[node]
		total += a.ByNode[node]
	}
	a.Total = &total
	if operations != nil {
		a.PerOp = per(float64(total), *operations)
	}
	return a
}

// reportStacks fills in where the threads were.
func (s *Session) reportStacks(r *Report) error {
	if s.sampler == nil {
		return nil
	}
	found, lost, err := s.sampler.Read()
	if err != nil {
		return err
	}
	r.Lost.Stacks = lost
	r.Stacks = append(r.Stacks, stacksOf(found, s.nodes)...)
	return nil
}

// stacksOf gives all stacks, however rare: a graph of some would show shares of
// less than what was sampled.
func stacksOf(found []stacks.Stack, nodes map[int]int) []Stack {
	all := uint64(0)
	for _, n := range found {
		all += n.Samples
	}
	var each []Stack
	for _, n := range found {
		each = append(each, Stack{
			Node: nodes[n.PID], Samples: n.Samples, Share: float64(n.Samples) / float64(max(all, 1)), Frames: n.Frames,
		})
	}
	return each
}

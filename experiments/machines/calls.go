package machines

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/node"
)

// Bucket is the time that calls are counted over in a series.
const Bucket = 20 * time.Millisecond

// Calls are those that one client made at one node, one after the other.
type Calls struct {
	Node int
	// Began and Ended are of those that were answered, since the sample began.
	Began, Ended []time.Duration
}

// Meanwhile makes calls at nodes of a machine, a put at a time of a client for each,
// while act does something to it, and until both a time and act are over. A call at
// a node that was taken out is not counted, and made again a little later.
func Meanwhile(ctx context.Context, m *Machine, nodes []int, until time.Duration, act func(ctx context.Context, began time.Time) error) ([]Calls, error) {
	all := make([]Calls, len(nodes))
	errs := make([]error, len(nodes)+1)
	began := time.Now()
	acting, acted := context.WithCancel(ctx)
	defer acted()
	ending, end := context.WithCancel(ctx)
	defer end()
	var clients sync.WaitGroup
	for i, n := range nodes {
		all[i].Node = n
		clients.Go(func() {
			for key := uint64(0); ending.Err() == nil && (acting.Err() == nil || time.Since(began) < until); key++ {
				at := time.Since(began)
				err := put(ctx, m, n, key%64)
				switch {
				case errors.Is(err, node.ErrRemoved):
					time.Sleep(time.Millisecond)
				case err != nil:
					errs[i] = err
					end()
					return
				default:
					all[i].Began, all[i].Ended = append(all[i].Began, at), append(all[i].Ended, time.Since(began))
				}
			}
		})
	}
	if errs[len(nodes)] = act(ctx, began); errs[len(nodes)] != nil {
		end()
	}
	acted()
	clients.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return all, errors.Join(errs...)
}

func put(ctx context.Context, m *Machine, n int, key uint64) error {
	a, err := m.Sys(ctx, node.SysRequest{Node: n, Service: "kv", Words: []string{"put", strconv.FormatUint(key, 10), "1"}})
	if err != nil {
		return err
	}
	if a.Status != kernel.StatusOK {
		return fmt.Errorf("%w: put %d was answered %s", experiment.ErrWrongAnswer, key, a.Status)
	}
	return nil
}

// Gap returns the longest time from one time on without an answer: the answers of
// whatever ended after it, and the one before.
func (c *Calls) Gap(from time.Duration) time.Duration {
	last, longest := from, time.Duration(0)
	for _, ended := range c.Ended {
		if ended > from {
			longest = max(longest, ended-last)
			last = ended
		}
	}
	return longest
}

// PerSecond returns the calls that ended in each Bucket up to a time.
func (c *Calls) PerSecond(until time.Duration) []float64 {
	rates := make([]float64, until/Bucket)
	for _, ended := range c.Ended {
		if i := int(ended / Bucket); i < len(rates) {
			rates[i] += 1 / Bucket.Seconds()
		}
	}
	return rates
}

// Fill stores as many keys on a machine, so that there is a state to move.
func Fill(ctx context.Context, m *Machine, lab *experiment.Lab, keys uint64) error {
	spec := Spec(lab, 0, 16, 1)
	spec.Keys, spec.Prefill, spec.Warmup, spec.Duration = keys, true, 0, time.Millisecond
	if _, err := m.Bench(ctx, node.BenchRequest{Spec: spec}); err != nil {
		return fmt.Errorf("%s: fill: %w", m.Name, err)
	}
	return nil
}

// Well waits until all kernels of a machine run.
func Well(ctx context.Context, m *Machine) error {
	for {
		s, err := m.Status(ctx, node.StatusRequest{})
		if err != nil {
			return err
		}
		well := true
		for _, k := range s.Kernels {
			well = well && k.State == node.StateRunning
		}
		if well {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Series returns the readings of calls over time: calls_per_s at each time_ms, of the
// called_node, with more factors.
func Series(c *Calls, until time.Duration, more map[string]string) []experiment.Reading {
	var all []experiment.Reading
	for i, rate := range c.PerSecond(until) {
		factors := map[string]string{"time_ms": strconv.FormatInt((time.Duration(i) * Bucket).Milliseconds(), 10), "called_node": strconv.Itoa(c.Node)}
		for name, value := range more {
			factors[name] = value
		}
		all = append(all, experiment.Reading{Factors: factors, Values: map[string]float64{"calls_per_s": rate}})
	}
	return all
}

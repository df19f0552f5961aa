package straggler

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/machines"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
)

// When a sample stops the kernel of node 1, lets it go on, and ends.
const (
	stopAt = 100 * time.Millisecond
	goAt   = 433 * time.Millisecond
	endAt  = 600 * time.Millisecond
	bucket = 20 * time.Millisecond
)

// The phases that readings are of.
const (
	phaseTime    = "time"    // a bucket of the series
	phaseStopped = "stopped" // calls that began while it was stopped
)

// put makes one call at node 0.
func put(ctx context.Context, m *machines.Machine, key uint64) error {
	a, err := m.Sys(ctx, node.SysRequest{Node: 0, Service: "kv", Words: []string{"put", strconv.FormatUint(key, 10), "1"}})
	if err != nil {
		return err
	}
	if a.Status != kernel.StatusOK {
		return fmt.Errorf("%w: put %d was answered %s", experiment.ErrWrongAnswer, key, a.Status)
	}
	return nil
}

// cell stops a node once a sample.
func cell(variant string, m *machines.Machine, keys []uint64) experiment.Cell {
	return experiment.Cell{
		Variant: variant, Factors: []string{"", ""}, CPUs: m.CPUs,
		Take: func(ctx context.Context, _ measure.Span) ([]experiment.Reading, error) {
			s, err := m.Status(ctx, node.StatusRequest{})
			if err != nil {
				return nil, err
			}
			return pause(ctx, s.Kernels[1].PID, func(i int) error { return put(ctx, m, keys[i%len(keys)]) })
		},
	}
}

// pause makes calls, one after the other, while a process stops and goes on.
func pause(ctx context.Context, pid int, call func(i int) error) ([]experiment.Reading, error) {
	var series series
	began := time.Now()
	signals := make(chan error, 1)
	over, cancel := context.WithCancel(ctx)
	go func() { signals <- stopAndGo(over, pid) }()
	var failed error
	for i := 0; failed == nil && ctx.Err() == nil && time.Since(began) < endAt; i++ {
		at := time.Since(began)
		failed = call(i)
		series.add(at, time.Since(began))
	}
	cancel()
	if err := errors.Join(failed, <-signals); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return series.readings(), nil
}

// stopAndGo stops a process and lets it go on, in any case.
func stopAndGo(ctx context.Context, pid int) error {
	wait := func(d time.Duration) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	wait(stopAt)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stop the kernel of node 1: %w", err)
	}
	wait(goAt - stopAt)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("let the kernel of node 1 go on: %w", err)
	}
	return nil
}

// series is calls over time.
type series struct {
	buckets [endAt / bucket]int
	during  int
	// longest is that of the calls that did not end before the node was stopped,
	// and began before it went on.
	longest time.Duration
}

// add notes a call.
func (s *series) add(began, ended time.Duration) {
	if i := ended / bucket; int(i) < len(s.buckets) {
		s.buckets[i]++
	}
	if ended < stopAt || began >= goAt {
		return
	}
	s.longest = max(s.longest, ended-began)
	if ended < goAt {
		s.during++
	}
}

func (s *series) readings() []experiment.Reading {
	perSecond := func(n int, over time.Duration) float64 { return float64(n) / over.Seconds() }
	var all []experiment.Reading
	for i, n := range s.buckets {
		at := (time.Duration(i) * bucket).Milliseconds()
		all = append(all, experiment.Reading{
			Factors: map[string]string{"phase": phaseTime, "time_ms": strconv.FormatInt(at, 10)},
			Values:  map[string]float64{"calls_per_s": perSecond(n, bucket)},
		})
	}
	return append(all, experiment.Reading{
		Factors: map[string]string{"phase": phaseStopped, "time_ms": ""},
		Values:  map[string]float64{"calls_per_s": perSecond(s.during, goAt-stopAt), "longest_call_ms": s.longest.Seconds() * 1000},
	})
}

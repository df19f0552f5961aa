package check

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/kernel/names"
	"github.com/nrkern/nrkern/workload"
)

// Call is one operation of a history of any service.
type Call struct {
	Client int
	Op     kernel.Op // with data of its own
	Call   int64
	Return int64
	// Answered says that Return and Result mean something.
	Answered bool
	Result   kernel.Result
}

// Source draws the operations of a client: the next one, given what the one before
// answered, nil at first.
type Source func(r *workload.Random, last *Call) kernel.Op

// CallRecorder is a client of a history of any service, one operation at a time.
type CallRecorder struct {
	Port   kernel.Port
	Client int
	// Now must grow with every call.
	Now    func() int64
	Source Source
	calls  []Call
}

// Run issues so many operations, drawn by a seed.
func (r *CallRecorder) Run(operations int, seed uint64) error {
	random := workload.NewRandom(seed, uint64(r.Client))
	var last *Call
	for range operations {
		op := r.Source(&random, last)
		op.Data = bytes.Clone(op.Data)
		r.calls = append(r.calls, Call{Client: r.Client, Op: op, Call: r.Now()})
		c := &r.calls[len(r.calls)-1]
		res, err := kernel.Call(r.Port, op)
		if err != nil {
			return fmt.Errorf("client %d: %w", r.Client, err)
		}
		if last = c; res.Status == kernel.StatusLost {
			continue
		}
		c.Return, c.Answered = r.Now(), true
		c.Result = kernel.Result{Status: res.Status, Value: res.Value, Data: bytes.Clone(res.Data)}
	}
	return nil
}

// Calls returns what was recorded so far, open operations included.
func (r *CallRecorder) Calls() []Call { return r.calls }

// LinearizableCalls judges a history of a service whose state was empty when it
// began, by the service itself: it is sequential, so it is its own specification
// (its package's tests hold it to what its documentation says). A state is known by
// its snapshot. Histories are to be short: each step restores one.
func LinearizableCalls(d *kernel.Definition, calls []Call, timeout time.Duration) (Judgement, string) {
	if timeout == 0 {
		timeout = time.Minute
	}
	model := callModel(d)
	switch porcupine.CheckOperationsTimeout(model, callOperations(calls), timeout) {
	case porcupine.Ok:
		return OK, ""
	case porcupine.Unknown:
		return Unknown, fmt.Sprintf("%d operations were not judged within %v", len(calls), timeout)
	}
	sorted := slices.Clone(calls)
	slices.SortStableFunc(sorted, func(a, b Call) int { return int(min(max(a.Call-b.Call, -1), 1)) })
	var b strings.Builder
	fmt.Fprintf(&b, "no order of these operations of %s explains their answers:\n", d.Name)
	for i := range sorted {
		fmt.Fprintf(&b, "  %6d to %6d  client %d  %s\n", sorted[i].Call, sorted[i].Return, sorted[i].Client, describeCall(d, &sorted[i]))
	}
	return Illegal, b.String()
}

func callOperations(calls []Call) []porcupine.Operation {
	var ops []porcupine.Operation
	last := int64(0)
	for i := range calls {
		last = max(last, calls[i].Call, calls[i].Return)
	}
	for i := range calls {
		c := &calls[i]
		end := c.Return
		if !c.Answered {
			if c.Op.Code.IsQuery() {
				continue
			}
			end = last + 1
		}
		ops = append(ops, porcupine.Operation{ClientId: c.Client, Input: c, Call: c.Call, Return: end})
	}
	return ops
}

// callModel is a service as porcupine's specification.
func callModel(d *kernel.Definition) porcupine.Model {
	snapshot := func(s kernel.Service) string {
		var b bytes.Buffer
		if err := s.Snapshot(&b); err != nil {
			return err.Error()
		}
		return b.String()
	}
	results := kernel.NewResults(1)
	return porcupine.Model{
		Init: func() any { return snapshot(d.New()) },
		Step: func(state, input, _ any) (bool, any) {
			c, s := input.(*Call), d.New()
			if err := s.Restore(strings.NewReader(state.(string))); err != nil {
				return false, state
			}
			res := &results[0]
			res.Reset()
			if status := checked(d, &c.Op); status != kernel.StatusOK {
				res.Status = status
			} else if c.Op.Code.IsQuery() {
				s.Query(&c.Op, res)
			} else {
				s.Apply(&c.Op, res)
			}
			same := !c.Answered || c.Result.Status == res.Status && c.Result.Value == res.Value && bytes.Equal(c.Result.Data, res.Data)
			if c.Op.Code.IsQuery() {
				return same, state
			}
			return same, snapshot(s)
		},
		DescribeOperation: func(input, _ any) string { return describeCall(d, input.(*Call)) },
	}
}

func checked(d *kernel.Definition, op *kernel.Op) kernel.Status {
	if d.Check == nil {
		return kernel.StatusOK
	}
	return d.Check(op)
}

func describeCall(d *kernel.Definition, c *Call) string {
	name := fmt.Sprintf("code %#x", uint8(c.Op.Code))
	if d.Called != nil {
		name = d.Called(c.Op.Code)
	}
	text := fmt.Sprintf("%s %x %q", name, c.Op.Args[:3], c.Op.Data)
	if !c.Answered {
		return text + " = no answer"
	}
	return fmt.Sprintf("%s = %s, %d, %q", text, c.Result.Status, c.Result.Value, c.Result.Data)
}

// SameCalls sends one stream of n random operations of a service, one at a time,
// through several ports with nothing outstanding, and returns an error wrapping
// ErrDiffer at the first answer that is not the same. All machines must be fresh.
func SameCalls(d *kernel.Definition, source Source, seed uint64, n int, ports ...kernel.Port) error {
	random := workload.NewRandom(seed, 0)
	var last *Call
	for i := range n {
		op := source(&random, last)
		op.Data = bytes.Clone(op.Data)
		var first *Call
		for k, p := range ports {
			res, err := kernel.Call(p, op)
			if err != nil {
				return fmt.Errorf("machine %d: %w", k, err)
			}
			c := &Call{Op: op, Answered: true, Result: kernel.Result{Status: res.Status, Value: res.Value, Data: bytes.Clone(res.Data)}}
			if first == nil {
				first = c
			} else if describeCall(d, c) != describeCall(d, first) {
				return fmt.Errorf("%w: seed %d, operation %d: machine 0: %s; machine %d: %s", ErrDiffer, seed, i, describeCall(d, first), k, describeCall(d, c))
			}
		}
		last = first
	}
	return nil
}

// CapsSource returns a source of operations on capabilities in so many spaces.
func CapsSource(spaces int) Source {
	return func(r *workload.Random, _ *Call) kernel.Op { return caps.Draw(r.Below, spaces) }
}

// NamesSource draws operations of the name service on a few names.
func NamesSource(r *workload.Random, last *Call) kernel.Op {
	value := uint64(0)
	if last != nil {
		value = last.Result.Value
	}
	return names.Draw(r.Below, value)
}

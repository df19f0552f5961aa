package check

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// ErrDiffer is the error of two machines that answer differently.
var ErrDiffer = errors.New("the machines differ")

// Keys of SameAnswers.
const answerKeys = 257

// SameAnswers sends one stream of n random operations, one at a time, through
// two ports with nothing outstanding, and then reads every key through both.
// It returns an error wrapping ErrDiffer at the first answer that is not the
// same, with the seed and the number of the operation. Both machines must be
// fresh, or in equal states. Ports that can tell a digest (workload.Baseline)
// are asked for it at the end; for others, compare those of the machines.
func SameAnswers(a, b kernel.Port, seed uint64, n int) error {
	r := HistorySpec{Keys: answerKeys, DataMax: kernel.MaxData, Many: 5, Alone: true, Seed: seed}.newGenerator(0)
	both := func(i int, op kernel.Op) (*kernel.Result, error) {
		x, err := kernel.Call(a, op)
		if err != nil {
			return nil, fmt.Errorf("first machine: %w", err)
		}
		y, err := kernel.Call(b, op)
		if err != nil {
			return nil, fmt.Errorf("second machine: %w", err)
		}
		if x.Status != y.Status || x.Value != y.Value || !bytes.Equal(x.Data, y.Data) {
			return nil, fmt.Errorf("%w: seed %d, operation %d: %s answered %s, and %s", ErrDiffer, seed, i,
				codes[op.Code].name, kv.Format(&op, x), kv.Format(&op, y))
		}
		return x, nil
	}
	for i := range n {
		op := r.operation(r.random.Below(answerKeys))
		x, err := both(i, op)
		if err != nil {
			return err
		}
		if x.Status == kernel.StatusOK || x.Status == kernel.StatusMismatch {
			r.seen[op.Args[0]] = x.Value
		}
	}
	for key := range uint64(answerKeys) {
		if _, err := both(n+int(key), kv.GetAny(key)); err != nil {
			return err
		}
	}
	x, okA := a.(digester)
	y, okB := b.(digester)
	if okA && okB && x.Digest() != y.Digest() {
		return fmt.Errorf("%w: seed %d, %d operations: equal answers, digests %x and %x", ErrDiffer, seed, n, x.Digest(), y.Digest())
	}
	return nil
}

// digester is a port whose machine is idle between calls.
type digester interface{ Digest() uint64 }

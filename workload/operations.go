package workload

import "github.com/nrkern/nrkern/kernel"

// Operations are the operations of one worker, for whoever drives a port in a
// way of its own.
type Operations struct{ generator *generator }

// NewOperations returns the operations that Run would issue as this worker.
func NewOperations(s Spec, worker int) (*Operations, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Operations{newGenerator(s, worker, s.Window)}, nil
}

// Prepare readies a window for Next.
func (o *Operations) Prepare(ops []kernel.Op) { o.generator.prepare(ops) }

// Next makes the next operation, at a place of the window.
func (o *Operations) Next(op *kernel.Op, place int) { o.generator.next(op, place) }

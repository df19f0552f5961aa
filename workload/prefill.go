package workload

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// Prefill stores a value under each key of one part, counted from 0, of the
// spec's keys. The parts may be filled by different threads at once. The port
// must have nothing outstanding; its whole window is used.
func Prefill(port kernel.Port, s Spec, part, parts int) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if parts < 1 || part < 0 || part >= parts {
		return fmt.Errorf("prefill part %d of %d: want 0 to one less than the number of parts", part, parts)
	}
	ops, results := port.Ops(), port.Results()
	g := newGenerator(s, part, len(ops))
	g.prepare(ops)
	next, end := share(s.Keys, part, parts), share(s.Keys, part+1, parts)
	start := func(i int) {
		op := &ops[i]
		op.Code, op.Args[0], op.Args[1] = kv.CodePut, next, value(next, g.random.Next())
		if s.ValueBytes != 0 {
			g.nextBytes(op, i, true, op.Args[1])
		}
		next++
		port.Start(i)
	}
	outstanding := 0
	for i := range ops {
		if next < end {
			start(i)
			outstanding++
		}
	}
	var failed error
	for outstanding > 0 {
		i, err := port.Next()
		if err != nil {
			return fmt.Errorf("prefill: %w", err)
		}
		outstanding--
		if err := results[i].Status.Err(); err != nil && failed == nil {
			failed = fmt.Errorf("prefill key %d of %d: %w", ops[i].Args[0], s.Keys, err)
			next = end
		}
		if next < end {
			start(i)
			outstanding++
		}
	}
	return failed
}

// share returns the first key of a part.
func share(keys uint64, part, parts int) uint64 {
	n, p := uint64(parts), uint64(part)
	return keys/n*p + min(keys%n, p)
}

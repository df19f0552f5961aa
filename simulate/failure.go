//go:build !nrkern_nohook

package simulate

import "fmt"

// FailureKind is what went wrong. Shrinking keeps the kind.
type FailureKind string

// The kinds of failures.
const (
	FailureInvariant FailureKind = "invariant"  // of the protocol's words
	FailureUnordered FailureKind = "unordered"  // payload or state touched without order
	FailureDeadlock  FailureKind = "deadlock"   // everybody waits: a wake-up was lost, or never to come
	FailureEndless   FailureKind = "endless"    // more steps than the limit
	FailureHistory   FailureKind = "history"    // not linearizable
	FailureAnswer    FailureKind = "answer"     // an operation lost, executed twice, or failed
	FailurePanic     FailureKind = "panic"      // of protocol code
	FailureUnknown   FailureKind = "not judged" // the judge ran out of time
)

// Failure is the first thing that went wrong in a run.
type Failure struct {
	Kind FailureKind `json:"kind"`
	Text string      `json:"text"`
	Step uint64      `json:"step"`
}

// Error says what went wrong, and when.
func (f *Failure) Error() string { return fmt.Sprintf("%s, at step %d: %s", f.Kind, f.Step, f.Text) }

// fail notes the first failure, which ends the run at the next step.
func (m *Machine) fail(kind FailureKind, format string, args ...any) {
	if m.failure == nil {
		m.failure = &Failure{Kind: kind, Text: fmt.Sprintf(format, args...), Step: m.steps}
		if m.tracing {
			m.lines = append(m.lines, fmt.Sprintf("%6d  FAILURE  %s", m.steps, m.failure.Text))
		}
	}
}

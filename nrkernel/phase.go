package nrkernel

import "github.com/nrkern/nrkern/transport"

// Phase is what a combiner is about. Whoever kills kernels to see what comes of it
// wants to know what they were at.
type Phase uint64

// The phases.
const (
	PhaseElsewhere Phase = iota
	PhaseAppend          // it reserves slots
	PhaseFill            // it fills and publishes them
	PhaseReplay          // it applies the log
	PhaseCtail           // it advances ctail
	PhaseHandOut         // it hands out results
	PhaseJoin            // it was admitted, and is being rebuilt: the supervisor's word
)

var phaseNames = [...]string{"elsewhere", "append", "fill", "replay", "ctail", "hand-out", "join"}

// String returns the phase's name.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// Phases returns all phases but PhaseElsewhere.
func Phases() []Phase {
	return []Phase{PhaseAppend, PhaseFill, PhaseReplay, PhaseCtail, PhaseHandOut, PhaseJoin}
}

// PhaseWords are the words, by log, in which a node says what its combiners are
// about. It costs a few stores a batch, so a machine has them if it is asked to.
type PhaseWords [MaxLogs]transport.Line

// in notes what the combiner is about.
func (l *log) in(p Phase) {
	if l.phase != nil {
		l.phase.Store(uint64(p))
	}
}

package node

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/nrkernel"
)

// StrikeRequest asks for a kernel to be killed, or stopped for a while.
type StrikeRequest struct {
	Node int        `json:"node"`
	Kind StrikeKind `json:"kind"`
	// Aim is the phase that the kernel is to be caught in: append, fill, replay,
	// ctail or hand-out. Empty takes it as it comes.
	Aim string `json:"aim,omitempty"`
	// For is how long a stop lasts.
	For time.Duration `json:"for_ns,omitempty"`
}

// StrikeKind is what a strike does.
type StrikeKind string

// The strikes.
const (
	StrikeKill StrikeKind = "kill" // SIGKILL
	StrikeStop StrikeKind = "stop" // SIGSTOP, and SIGCONT later
	StrikeJoin StrikeKind = "join" // SIGKILL, and again its successor while that is rebuilt
)

// Strike is what was hit.
type Strike struct {
	Node int `json:"node"`
	PID  int `json:"pid"`
	// Phase is what a combiner of the kernel was at, by what it left in its word when
	// it had died or was stopped.
	Phase string `json:"phase"`
}

const (
	// aimTries is how often a strike tries to catch a kernel in a phase.
	aimTries = 400
	// aimPause is how long the kernel runs between two tries, at most.
	aimPause = 400 * time.Microsecond
	// strikePatience is how long a signal may take.
	strikePatience = 10 * time.Second
)

// Strike kills a kernel, or stops it for a while. The machine goes on.
func (m *Machine) Strike(ctx context.Context, ask StrikeRequest) (*Strike, error) {
	leave, err := m.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if m.config.Mode != ModeNR || !m.config.Strikes {
		return nil, fmt.Errorf("%w: strikes are for an nr machine that was started with --strikes", ErrNotSupported)
	}
	ctx, release := m.alive(ctx)
	defer release()
	k, err := m.kernelOf(ask.Node)
	if err != nil {
		return nil, err
	}
	if err := m.checkStrike(ask); err != nil { // before anybody is stopped to take aim
		return nil, err
	}
	hit := &Strike{Node: ask.Node, PID: k.process.Pid}
	if ask.Aim != "" && ask.Kind != StrikeJoin {
		if err := m.aim(ctx, k, ask.Aim); err != nil {
			return nil, err
		}
	}
	switch ask.Kind {
	case StrikeKill, StrikeJoin:
		k.signal(unix.SIGKILL)
		if err := await(ctx, k.exited); err != nil {
			return nil, err
		}
		hit.Phase = m.phaseOf(ask.Node).String()
		if ask.Kind == StrikeJoin {
			return m.strikeJoining(ctx, ask.Node)
		}
	case StrikeStop:
		if err := halt(ctx, k); err != nil {
			return nil, err
		}
		hit.Phase = m.phaseOf(ask.Node).String()
		_ = await(ctx, time.After(ask.For))
		k.signal(unix.SIGCONT)
	}
	return hit, nil
}

// checkStrike refuses what cannot be struck, or would lose the state.
func (m *Machine) checkStrike(ask StrikeRequest) error {
	known := func(p nrkernel.Phase) bool { return p.String() == ask.Aim }
	switch {
	case ask.Kind != StrikeKill && ask.Kind != StrikeStop && ask.Kind != StrikeJoin:
		return usagef("strike of kind %q: want %s, %s or %s", ask.Kind, StrikeKill, StrikeStop, StrikeJoin)
	case ask.Aim != "" && !slices.ContainsFunc(nrkernel.Phases(), known):
		return usagef("strike at phase %q: want one of %v, or none", ask.Aim, nrkernel.Phases())
	case m.isRemoved(ask.Node):
		return usagef("strike: node %d was removed", ask.Node)
	case ask.Kind != StrikeStop && m.donor(ask.Node) == nil:
		return usagef("strike: node %d has the state alone", ask.Node)
	}
	return nil
}

// strikeJoining kills a kernel that was admitted and is being rebuilt.
func (m *Machine) strikeJoining(ctx context.Context, node int) (*Strike, error) {
	for {
		if c := m.joining[node].Load(); c != nil {
			c.signal(unix.SIGKILL)
			if err := await(ctx, c.exited); err != nil {
				return nil, err
			}
			hit := &Strike{Node: node, PID: c.process.Pid, Phase: nrkernel.PhaseElsewhere.String()}
			if m.children()[node] != c {
				hit.Phase = nrkernel.PhaseJoin.String() // it had not come up
			}
			return hit, nil
		}
		if err := await(ctx, time.After(200*time.Microsecond)); err != nil {
			return nil, err
		}
		if k := m.children()[node]; !k.gone() {
			return &Strike{Node: node, PID: k.process.Pid, Phase: nrkernel.PhaseElsewhere.String()}, nil // it was faster
		}
	}
}

// aim stops a kernel until it is stopped in a phase, or gives up and leaves it
// stopped in another.
func (m *Machine) aim(ctx context.Context, k *child, phase string) error {
	for range aimTries {
		if err := halt(ctx, k); err != nil {
			return err
		}
		if m.phaseOf(k.number).String() == phase {
			return nil
		}
		k.signal(unix.SIGCONT)
		if err := await(ctx, time.After(rand.N(aimPause))); err != nil {
			return err
		}
	}
	return nil
}

// halt stops a kernel, and returns when it is.
func halt(ctx context.Context, k *child) error {
	k.signal(unix.SIGSTOP)
	for deadline := time.Now().Add(strikePatience); k.gone() || !isStopped(k.process.Pid); {
		if k.gone() { // somebody was faster
			return k.death()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("strike: %s does not stop", k.name())
		}
		if err := await(ctx, time.After(20*time.Microsecond)); err != nil {
			k.signal(unix.SIGCONT)
			return err
		}
	}
	return nil
}

// phaseOf returns what a combiner of a node is about: of several, the first that is
// at something.
func (m *Machine) phaseOf(node int) nrkernel.Phase {
	for i := range m.logs.Count() {
		if p := nrkernel.Phase(m.board.nodes[node].Phases[i].Load()); p != nrkernel.PhaseElsewhere {
			return p
		}
	}
	return nrkernel.PhaseElsewhere
}

func await[T any](ctx context.Context, done <-chan T) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-done:
		return nil
	}
}

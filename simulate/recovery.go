//go:build !nrkern_nohook

package simulate

import (
	"bytes"

	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/workload"
)

// recovery is the supervisor of an nr machine, as far as it touches the logs: a
// core that is on no node, takes nodes that died out of them, and passes nodes over
// and has them rebuilt.
type recovery struct {
	run    *run
	core   *core
	logs   *nrkernel.Logs
	todo   []int // nodes that died
	random workload.Random
}

// addRecovery adds the core, if kernels are to die or to be passed over.
func (r *run) addRecovery() error {
	if r.Deaths == 0 && r.Absences == 0 {
		return nil
	}
	logs, err := nrkernel.OpenLogs(r.memory.keep)
	if err != nil {
		return err
	}
	v := &recovery{run: r, logs: logs, random: workload.NewRandom(r.seed, 5)}
	r.recovery = v
	r.addCore(r.Nodes, "supervisor", v.body)
	v.core = r.machine.cores[len(r.machine.cores)-1]
	if r.Absences == 0 {
		v.core.state = idle
	}
	return nil
}

// died is told of a death, as Linux tells who waits for a process: all that the
// dead did comes before.
func (v *recovery) died(node int) {
	for _, c := range v.run.machine.cores {
		if c.node == node {
			v.core.clock.join(&c.clock)
		}
	}
	v.todo = append(v.todo, node)
	switch v.core.state {
	case idle:
		v.core.state = ready
	case waiting, sleeping, napping:
		v.run.machine.rouse(v.core) // the one that it waits for may be the one that died
	}
}

func (v *recovery) body() {
	m := v.run.machine
	for range v.run.Absences {
		v.wait()
		v.absence(int(v.random.Below(uint64(v.run.Nodes))))
	}
	for {
		v.fence()
		v.core.state = idle
		m.leave(v.core)
	}
}

// fence takes all that died out of the logs.
func (v *recovery) fence() {
	m := v.run.machine
	live := func(node int) bool { return !m.isDead(node) }
	for len(v.todo) > 0 {
		if _, err := v.logs.Fence(v.todo[0], live, &v.run.policy); err != nil {
			m.fail(FailureInvariant, "%v", err)
		}
		v.todo = v.todo[1:]
	}
}

// wait lets a while pass, and sees to deaths meanwhile.
func (v *recovery) wait() {
	for range v.random.Below(40) {
		v.fence()
		v.run.machine.Pause()
	}
	v.fence()
}

// absence passes a node over, at whatever it is, and later has another admit it.
func (v *recovery) absence(node int) {
	m := v.run.machine
	donor := (node + 1) % v.run.Nodes
	if m.isDead(node) || m.isDead(donor) || len(v.run.nodes) < 2 {
		return
	}
	m.away |= 1 << node
	v.logs.PassOver(node)
	v.wait()
	if v.run.Deaths > 0 {
		// Whoever rebuilds would have to be told of deaths half-way: it stays away,
		// and may die so.
		v.run.forgo(node)
		return
	}
	var state bytes.Buffer
	v.call(node, func(n *nrkernel.Node) { n.Quiesce() })
	var err error
	if v.call(donor, func(n *nrkernel.Node) { err = n.Admit(node, &state) }); err != nil {
		m.fail(FailureInvariant, "%v", err)
		return
	}
	v.wait()
	if v.call(node, func(n *nrkernel.Node) { err = n.Rejoin(&state) }); err != nil {
		m.fail(FailureInvariant, "%v", err)
	}
}

// call has a kernel do something: the core is a thread of that process meanwhile.
func (v *recovery) call(node int, do func(*nrkernel.Node)) {
	own := v.core.process
	v.core.process = node
	do(v.run.nodes[node])
	v.core.process = own
}

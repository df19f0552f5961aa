//go:build !nrkern_nohook

package simulate

import "github.com/nrkern/nrkern/nrkernel"

// recovery is the supervisor of an nr machine, as far as it touches the logs: a
// core that is on no node and takes nodes that died out of them.
type recovery struct {
	run  *run
	core *core
	logs *nrkernel.Logs
	todo []int // nodes
}

// addRecovery adds the core, if kernels are to die.
func (r *run) addRecovery() error {
	if r.Deaths == 0 {
		return nil
	}
	logs, err := nrkernel.OpenLogs(r.memory.keep)
	if err != nil {
		return err
	}
	v := &recovery{run: r, logs: logs}
	r.recovery = v
	r.addCore(r.Nodes, "supervisor", v.body)
	v.core = r.machine.cores[len(r.machine.cores)-1]
	v.core.state = idle
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
	live := func(node int) bool { return !m.isDead(node) }
	for {
		for len(v.todo) > 0 {
			if _, err := v.logs.Fence(v.todo[0], live, &v.run.policy); err != nil {
				m.fail(FailureInvariant, "%v", err)
			}
			v.todo = v.todo[1:]
		}
		v.core.state = idle
		m.leave(v.core)
	}
}

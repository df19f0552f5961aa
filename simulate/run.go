//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// run is one execution of a scenario: a machine, what is booted on it, and
// what is known of its operations.
type run struct {
	Scenario
	at      *structure
	seed    uint64
	machine *Machine
	memory  *memory

	clients  []*client
	left     int // clients that have yet to finish
	services []*service
	log      *logWatch   // nr
	watches  []*logWatch // nr-logs
	recovery *recovery   // nr, where kernels die or are passed over
	nodes    []*nrkernel.Node
	mesh     []*multikernel.Node
	policy   transport.Policy
}

// client is a thread of a node with a port, and its part of the history.
type client struct {
	run      *run
	id, node int
	name     string
	port     kernel.Port
	recorder *check.Recorder     // kv
	calls    *check.CallRecorder // of the others
	tags     []uint64            // of the window's operations
	results  []object            // of the window
	issued   uint64
	// executed counts, by operation, how often a service applied it.
	executed []uint8
	finished bool
	about    subject // what the executions of its operations conflict about, and its answers
	ends     bool    // an operation of it has just ended
}

// segments are kept between runs: to make one costs more than a run.
type segments map[string]*memory

// collectLess has the garbage collector run less often, unless GOGC says how often: each
// run leaves a machine behind, and a small heap would be looked through after a few.
func collectLess(percent int) (restore func()) {
	const ordinary = 100
	before := debug.SetGCPercent(percent)
	if before != ordinary {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}

func (seg segments) close() {
	for _, m := range seg {
		m.close()
	}
}

// execute runs a scenario once. Its seed draws the operations.
func (seg segments) execute(s Scenario, seed uint64, strategy func(*run) strategy, trace bool) (*run, error) {
	r := &run{Scenario: s, at: lookUp(s.Structure), seed: seed}
	m := &Machine{ordered: true, buffered: true, oneProcess: r.at.oneProcess, tracing: trace}
	r.machine = m
	m.kernels = max(s.Nodes, 1)
	m.limit = 5000 + 20*r.likelySteps()
	m.over = func() bool { return r.left == 0 }
	m.killed = r.nodeDied
	key := fmt.Sprintf("%s %d", s.Structure, s.Nodes)
	if r.memory = seg[key]; r.memory == nil {
		var segment *transport.Segment
		var err error
		if lay := r.at.layout; lay != nil {
			l := new(transport.Layout)
			if err := lay(l, s.Nodes); err != nil {
				return nil, err
			}
			if segment, err = transport.Local(l); err != nil {
				return nil, err
			}
		}
		if r.memory, err = newMemory(segment); err != nil {
			return nil, err
		}
		seg[key] = r.memory
	}
	r.policy = transport.Policy{Name: "simulated", Spins: s.Polls, SleepMax: time.Millisecond}
	r.memory.reset()
	m.memory, m.record = r.memory, r.memory.record[:0]
	remove := transport.Install(m)
	defer remove()
	if err := r.at.boot(r); err != nil {
		return nil, err
	}
	m.run(strategy(r))
	r.memory.record = m.record
	r.judge()
	return r, nil
}

// addClient adds a client and its core.
func (r *run) addClient(node int, open func(window int) (kernel.Port, error)) error {
	c := &client{run: r, id: len(r.clients), node: node}
	c.name = fmt.Sprintf("client %d", c.id)
	p, err := open(r.Window)
	if err != nil {
		return err
	}
	c.tags, c.results = make([]uint64, r.Window), make([]object, r.Window)
	c.executed = make([]uint8, r.Operations)
	for i := range c.results {
		c.results[i].name = fmt.Sprintf("result %d of %s", i, c.name)
	}
	c.port = &tagged{Port: p, client: c}
	if r.Service != "" {
		return r.addCaller(c)
	}
	spec := check.HistorySpec{
		Clients: max(1, r.Nodes*r.Clients), Operations: r.Operations, Keys: r.Keys, Window: r.Window,
		DataMax: r.DataMax, Many: r.Many, Seed: r.seed,
	}
	if c.recorder, err = spec.NewRecorder(c.port, c.id, func() int64 { return r.now(c) }); err != nil {
		return err
	}
	r.addCore(node, c.name, func() {
		if err := c.recorder.Run(); err != nil {
			r.machine.fail(FailureAnswer, "%v", err)
		}
		c.finish()
	})
	r.clients = append(r.clients, c)
	r.left++
	return nil
}

// addBare adds a client without a port.
func (r *run) addBare(node int, name string, body func()) {
	c := &client{run: r, id: len(r.clients), node: node, name: name}
	r.addCore(node, name, func() {
		body()
		c.finish()
	})
	r.clients = append(r.clients, c)
	r.left++
}

func (r *run) addCore(node int, name string, body func()) { r.machine.addCore(node, name, body) }

func (m *Machine) addCore(node int, name string, body func()) {
	c := &core{machine: m, id: len(m.cores), node: node, process: node, body: body}
	c.name = fmt.Sprintf("core %d, %s", c.id, name)
	if m.ordered {
		c.clock[c.id] = 1 // so that nobody else has seen it yet
	}
	m.cores = append(m.cores, c)
}

// attend adds the core that serves a node, as node's attending thread does.
func (r *run) attend(node int, s combining.Server) {
	if r.Unattended {
		return
	}
	stop := new(transport.Word)
	r.addCore(node, fmt.Sprintf("attendant %d", node), func() {
		if err := combining.Attend(s, stop, &r.policy); err != nil {
			r.machine.fail(FailureAnswer, "attending to node %d: %v", node, err)
		}
	})
}

func (c *client) finish() {
	if !c.finished {
		c.finished = true
		c.run.left--
	}
}

// forgo counts a node's clients as finished: nobody waits for them.
func (r *run) forgo(node int) {
	for _, c := range r.clients {
		if c.node == node {
			c.finish()
		}
	}
}

func (r *run) nodeDied(node int) {
	r.forgo(node)
	if r.log != nil {
		r.log.died(node)
	}
	for _, w := range r.watches {
		w.died(node)
	}
	if r.recovery != nil {
		r.recovery.died(node)
	}
}

// now is the clock of histories: it grows with every call.
func (r *run) now(c *client) int64 {
	m := r.machine
	m.events++
	if m.hashed && m.running != nil {
		if c.ends {
			m.running.answered(&m.history)
		} else {
			m.running.called(&m.history)
		}
	}
	c.ends = false
	return int64(m.events)
}

// judge judges a run that came to its end: who waits, and the history.
func (r *run) judge() {
	m := r.machine
	if m.pruned {
		return
	}
	if m.failure == nil && r.left > 0 && (m.died == 0 || r.recovery != nil) {
		m.fail(FailureDeadlock, "all wait and nobody will wake them:\n%s", m.last)
	}
	if m.failure != nil {
		return
	}
	if r.Service != "" {
		r.judgeCalls()
		return
	}
	history := r.history()
	v, err := check.Linearizable(history, check.Options{Timeout: time.Minute})
	switch {
	case err != nil:
		m.fail(FailureHistory, "%v", err)
	case v.Judgement == check.Illegal:
		m.fail(FailureHistory, "not linearizable:\n%s", v.Excerpt)
	case v.Judgement == check.Unknown:
		m.fail(FailureUnknown, "%s", v.Excerpt)
	}
}

// history returns all clients' entries.
func (r *run) history() []check.Entry {
	var all []check.Entry
	for _, c := range r.clients {
		if c.recorder != nil {
			all = append(all, c.recorder.Entries()...)
		}
	}
	return all
}

// table returns a node's service, watched.
func (r *run) table(node int) (*kernel.Table, error) {
	d := *r.definition()
	d.New = func() kernel.Service { return r.service(node) }
	return kernel.NewTable(&d)
}

// service returns a node's service, watched.
func (r *run) service(node int) *service {
	s := &service{Spanning: spanning(r.definition().New()), run: r, node: node, state: object{name: fmt.Sprintf("the state of node %d", node)}}
	r.services = append(r.services, s)
	return s
}

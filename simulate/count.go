//go:build !nrkern_nohook

package simulate

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// Count is a workload on a simulated machine that counts: how many steps it
// takes, and which cache lines move. Stores leave at once, and cores keep
// together (see clock.go): it searches for nothing.
type Count struct {
	// Structure is one of Counted.
	Structure string
	// Logs is the number of logs of nr; 0 means 1.
	Logs     int
	Topology numa.Spec
	// Workload says what each thread does; its durations do not matter.
	Workload workload.Spec
	// Operations is the number that is counted, of all threads; as many go
	// before, to warm up.
	Operations uint64
}

// Counted returns the structures that a Count can have.
func Counted() []string {
	return []string{"nr", "multikernel", "biglock-mutex", "biglock-rwlock", "biglock-mcs"}
}

// Limits of a Count.
const (
	maxCountOperations = 100_000_000
	countLogSlots      = 1024
	countRing          = 128
	maxCountKeys       = 1 << 20
)

// Validate returns an error that wraps ErrScenario, or a workload's, and names
// what is out of range.
func (c Count) Validate() error {
	if err := c.Workload.Validate(); err != nil {
		return err
	}
	if err := c.Topology.Check(); err != nil {
		return err
	}
	known := false
	for _, s := range Counted() {
		known = known || s == c.Structure
	}
	cores := c.Topology.Nodes * (c.Topology.Cores + 1)
	switch {
	case !known:
		return fmt.Errorf("%w: structure %q: want one of %v", ErrScenario, c.Structure, Counted())
	case c.Logs < 0 || c.Logs > nrkernel.MaxLogs || c.Logs > 1 && c.Structure != "nr":
		return fmt.Errorf("%w: %d logs of %s: nr has 1 to %d, the others have none", ErrScenario, c.Logs, c.Structure, nrkernel.MaxLogs)
	case c.Operations < 1 || c.Operations > maxCountOperations:
		return fmt.Errorf("%w: %d operations: want 1 to %d", ErrScenario, c.Operations, maxCountOperations)
	case c.Workload.Keys > maxCountKeys:
		return fmt.Errorf("%w: %d keys: want 1 to %d", ErrScenario, c.Workload.Keys, maxCountKeys)
	case cores > maxCounted:
		return fmt.Errorf("%w: %d cores, with one a node that attends to it: at most %d can be counted", ErrScenario, cores, maxCounted)
	}
	return nil
}

// counting is a Count that runs.
type counting struct {
	Count
	machine *Machine
	memory  *memory
	policy  transport.Policy
	stop    transport.Word
	traffic func() transport.Traffic
	// wrap, if it is set, makes the bodies of the cores, from all their ports.
	wrap  func(ports []kernel.Port) []func()
	ports []kernel.Port

	done uint64 // operations
	from reading
	to   reading
}

// reading is what there was to count when so many operations were done.
type reading struct {
	time    uint64
	counts  counts
	traffic transport.Traffic
}

// Run runs the workload and returns what it took.
func (c Count) Run() (*Counts, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r := &counting{Count: c, policy: transport.Dedicated}
	return r.run()
}

func (r *counting) run() (*Counts, error) {
	segment, err := r.segment()
	if err != nil {
		return nil, err
	}
	if r.memory, err = newMemory(segment); err != nil {
		return nil, err
	}
	defer r.memory.close()
	m := &Machine{memory: r.memory, counted: new(directory), costs: steps, limit: ^uint64(0)}
	m.over = func() bool { return false }
	r.machine = m
	defer transport.Install(m)()
	if err := r.boot(); err != nil {
		return nil, err
	}
	for _, c := range m.cores {
		m.counted.nodes = append(m.counted.nodes, int16(c.node))
	}
	m.run(nil)
	switch {
	case m.failure != nil:
		return nil, m.failure
	case r.done < 2*r.Operations:
		return nil, fmt.Errorf("simulate: %s: all wait after %d operations:\n%s", r.Structure, r.done, m.last)
	}
	return r.counts(), nil
}

// addThread adds a core whose thread keeps its window outstanding until all is
// counted.
func (r *counting) addThread(node int, open func(window int) (kernel.Port, error)) error {
	p, err := open(r.Workload.Window)
	if err != nil {
		return err
	}
	if r.wrap != nil {
		r.ports = append(r.ports, p)
		if node := len(r.ports) - 1; len(r.ports) == r.Topology.Nodes*r.Topology.Cores {
			for i, body := range r.wrap(r.ports) {
				r.machine.addCore(i/r.Topology.Cores, fmt.Sprintf("thread %d", node), body)
			}
		}
		return nil
	}
	id := len(r.machine.cores)
	load, err := workload.NewOperations(r.Workload, id)
	if err != nil {
		return err
	}
	r.machine.addCore(node, fmt.Sprintf("thread %d", id), func() {
		r.machine.fail(FailureAnswer, "%v", r.work(p, load))
		r.machine.halted = true
	})
	return nil
}

// work issues operations until the machine halts, and returns why it could not.
func (r *counting) work(p kernel.Port, load *workload.Operations) error {
	ops, results := p.Ops(), p.Results()
	load.Prepare(ops)
	for place := range ops {
		load.Next(&ops[place], place)
		p.Start(place)
	}
	for {
		place, err := p.Next()
		if err != nil {
			return err
		}
		if s := results[place].Status; s != kernel.StatusOK {
			return fmt.Errorf("operation %d on key %d: %w", r.done, ops[place].Args[0], s.Err())
		}
		r.count()
		load.Next(&ops[place], place)
		p.Start(place)
	}
}

// count counts an operation. The last one ends the run.
func (r *counting) count() {
	switch r.done++; r.done {
	case r.Operations:
		r.from = r.read()
	case 2 * r.Operations:
		r.to = r.read()
		r.machine.halted = true
		panic(unwind{})
	}
}

// read takes a reading.
func (r *counting) read() reading {
	m := r.machine
	return reading{time: m.running.time, counts: m.counted.counts, traffic: r.traffic()}
}

//go:build !nrkern_nohook

package simulate

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// ErrScenario is the error of a scenario that cannot be.
var ErrScenario = errors.New("bad scenario")

// Scenario is what runs on a simulated machine that is searched: a structure,
// its clients, and what may go wrong. A seed draws what is zero.
type Scenario struct {
	// Structure is one of Structures.
	Structure string `json:"structure"`
	// Service is what clients call: one of Services, kv if it is empty. The others
	// have clients with one operation outstanding.
	Service string `json:"service,omitempty"`
	Nodes   int    `json:"nodes"`
	// Clients is the number on each node, each on a core of its own.
	Clients int `json:"clients_per_node"`
	// Operations is the number of each client.
	Operations int    `json:"operations"`
	Window     int    `json:"window"`
	Keys       uint64 `json:"keys"`
	// DataMax is the length of the longest byte value.
	DataMax int `json:"data_max_bytes"`
	// Lead is how many slots of the log node 0 has filled before the machine
	// runs, and the others have not applied. Logs have 64 slots.
	Lead int `json:"lead_slots"`
	// Deaths and Stops are how many kernels die, and stop for long.
	Deaths int `json:"deaths"`
	Stops  int `json:"stops"`
	// Absences are how often a node is passed over, and rebuilt later.
	Absences int `json:"absences"`
	// Many is how often, in percent, an operation is over several keys.
	Many int `json:"many_percent"`
	// Polls is how often a thread polls before it sleeps.
	Polls int `json:"polls"`
	// Unattended nodes have no thread that serves when no client calls.
	Unattended bool `json:"unattended"`
	// Exact says that no seed draws what is zero: it is as small as it can be.
	Exact bool `json:"exact"`
}

// structure is a way to boot a machine.
type structure struct {
	name string
	boot func(r *run) error
	// layout says what its segment holds; nil if all is on the heap.
	layout func(l *transport.Layout, nodes int) error
	steps  int  // of an operation, about
	parts  bool // an operation over several keys is executed once by each owner
	copies bool // every node executes every operation
	// What the scenario may ask of it.
	fixedNodes int // 0: any
	oneProcess bool
	noDeaths   bool
	noLead     bool
}

var structureTable = []structure{
	{name: "nr", boot: bootNR, layout: layoutNR, steps: 30},
	{name: "group", boot: bootGroup, steps: 30, oneProcess: true, noDeaths: true, noLead: true},
	{name: "nr-logs", boot: bootLogs, layout: layoutLogs, steps: 60, noLead: true},
	{name: "multikernel", boot: bootMultikernel, layout: layoutMesh, steps: 60, parts: true, noLead: true},
	// An agreement takes every copy, so after a death nothing can commit, and the
	// others wake each other for ever: nothing recovers from it yet.
	{name: "replicated", boot: bootMultikernel, layout: layoutMesh, steps: 150, copies: true, noDeaths: true, noLead: true},
	{name: "biglock-mutex", boot: bootBigLock, steps: 12, oneProcess: true, noDeaths: true, noLead: true},
	{name: "biglock-rwlock", boot: bootBigLock, steps: 12, oneProcess: true, noDeaths: true, noLead: true},
	{name: "biglock-mcs", boot: bootBigLock, steps: 12, oneProcess: true, noDeaths: true, noLead: true},
	{name: "channel", boot: bootChannel, layout: layoutChannel, steps: 8, fixedNodes: 2, noLead: true},
	{name: "bell", boot: bootBell, layout: layoutBell, steps: 8, noLead: true},
}

// Structures returns the names of what can be simulated.
func Structures() []string {
	var names []string
	for _, s := range structureTable {
		names = append(names, s.name)
	}
	return names
}

func lookUp(name string) *structure {
	i := slices.IndexFunc(structureTable, func(s structure) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &structureTable[i]
}

// Limits of a scenario.
const (
	maxNodes      = 8
	maxClients    = 4
	maxOperations = 10_000
	maxFaults     = 8
	logSlots      = 64
)

// drawn returns the scenario with what is zero drawn by a seed. Deaths and
// stops stay as asked.
func (s Scenario) drawn(seed uint64) Scenario {
	if s.Exact {
		return s.smallest()
	}
	r := workload.NewRandom(seed, 4)
	pick := func(v *int, choices ...int) {
		choice := choices[r.Below(uint64(len(choices)))]
		if *v == 0 {
			*v = choice
		}
	}
	pick(&s.Nodes, 2, 2, 2, 3)
	clients := s.Clients
	pick(&s.Clients, 1, 1, 2)
	if clients == 0 && s.cores() > maxOrdered {
		s.Clients = 1
	}
	pick(&s.Operations, 2, 4, 8)
	pick(&s.Window, 1, 1, 2, 4)
	pick(&s.DataMax, 8, 8, 100, kernel.MaxData)
	polls := 0
	pick(&polls, 0, 0, 1, 3)
	if s.Polls == 0 {
		s.Polls = polls
	}
	many := 0
	pick(&many, 0, 0, 25)
	if s.Many == 0 {
		s.Many = many
	}
	if s.Service != "" {
		s.Window, s.Many = 1, 0
	}
	lead := 0
	pick(&lead, 0, 30, 50, 58, 62)
	keys := 0
	pick(&keys, 1, 1, 2, 3)
	if s.Keys == 0 {
		s.Keys = uint64(keys)
	}
	at := lookUp(s.Structure)
	if s.Lead == 0 && at != nil && !at.noLead && s.Service == "" {
		s.Lead = lead
	}
	if at != nil && at.fixedNodes != 0 {
		s.Nodes = at.fixedNodes
	}
	return s
}

// smallest returns the scenario with what is zero as small as it can be.
func (s Scenario) smallest() Scenario {
	for _, f := range []struct {
		at    *int
		least int
	}{{&s.Nodes, 2}, {&s.Clients, 1}, {&s.Operations, 1}, {&s.Window, 1}, {&s.DataMax, 8}} {
		if *f.at == 0 {
			*f.at = f.least
		}
	}
	s.Keys = max(s.Keys, 1)
	if at := lookUp(s.Structure); at != nil && at.fixedNodes != 0 {
		s.Nodes = at.fixedNodes
	}
	return s
}

// Validate returns an error that wraps ErrScenario and names what is out of
// range. Zero stands for what a seed draws.
func (s Scenario) Validate() error {
	at := lookUp(s.Structure)
	if at == nil {
		return fmt.Errorf("%w: structure %q: want one of %v", ErrScenario, s.Structure, Structures())
	}
	for _, c := range []struct {
		name      string
		value     int
		low, high int
	}{
		{"nodes", s.Nodes, 0, maxNodes},
		{"clients per node", s.Clients, 0, maxClients},
		{"operations", s.Operations, 0, maxOperations},
		{"window", s.Window, 0, 16},
		{"keys", int(min(s.Keys, 1<<31)), 0, 1 << 16},
		{"bytes of data", s.DataMax, 0, kernel.MaxData},
		{"lead slots", s.Lead, 0, logSlots - 1},
		{"percent of operations over several keys", s.Many, 0, 100},
		{"polls", s.Polls, 0, 100},
		{"deaths", s.Deaths, 0, maxFaults},
		{"stops", s.Stops, 0, maxFaults},
		{"absences", s.Absences, 0, maxFaults},
	} {
		if c.value < c.low || c.value > c.high {
			return fmt.Errorf("%w: %s %d: want %d to %d", ErrScenario, c.name, c.value, c.low, c.high)
		}
	}
	if err := s.checkService(at); err != nil {
		return err
	}
	switch {
	case at.noDeaths && s.Deaths > 0:
		return fmt.Errorf("%w: %s is one process, whose death is the end of all: ask for no deaths", ErrScenario, s.Structure)
	case s.Absences > 0 && s.Structure != "nr" && s.Structure != "nr-logs":
		return fmt.Errorf("%w: %s has no nodes that the others can pass over: ask for no absences", ErrScenario, s.Structure)
	case at.noLead && s.Lead > 0:
		return fmt.Errorf("%w: %s has no log whose slots node 0 could have filled", ErrScenario, s.Structure)
	case at.fixedNodes != 0 && s.Nodes != 0 && s.Nodes != at.fixedNodes:
		return fmt.Errorf("%w: %s has %d nodes", ErrScenario, s.Structure, at.fixedNodes)
	}
	if cores := s.cores(); cores > maxOrdered {
		return fmt.Errorf("%w: %d cores: at most %d can be searched; ask for fewer nodes or clients", ErrScenario, cores, maxOrdered)
	}
	return nil
}

// cores is the number of cores that the scenario has, at least: what is drawn
// stays within what can be searched.
func (s Scenario) cores() int {
	each := max(s.Clients, 1)
	if !s.Unattended {
		each++
	}
	return max(s.Nodes, 1) * each
}

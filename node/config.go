package node

import (
	"fmt"
	"strings"
	"time"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
)

// Mode is a structure for a machine's kernel state.
type Mode string

// The three structures.
const (
	ModeNR          Mode = "nr"
	ModeMultikernel Mode = "multikernel"
	ModeBigLock     Mode = "biglock"
)

// Modes returns the structures in the order tables show them.
func Modes() []Mode { return []Mode{ModeNR, ModeMultikernel, ModeBigLock} }

// ParseMode checks the value of a --mode flag.
func ParseMode(s string) (Mode, error) {
	var names []string
	for _, m := range Modes() {
		if s == string(m) {
			return m, nil
		}
		names = append(names, string(m))
	}
	return "", usagef("mode %q: want one of %s", s, strings.Join(names, ", "))
}

// Config is all that determines a machine: what the user chose, and what the
// supervisor hands to its kernels.
type Config struct {
	Mode Mode `json:"mode"`
	// Topology is "NxM" for a virtual one, or empty for the real one.
	Topology string `json:"topology"`
	// CPUs is how many CPUs a virtual topology is laid over at the most; 0 for all
	// that may be used.
	CPUs      int                 `json:"cpus"`
	Hugepages transport.Hugepages `json:"hugepages"`
	// LogSlots is the size of the log in slots of 64 bytes, a power of two (nr).
	LogSlots int `json:"log_slots"`
	// Logs is the number of logs, each of LogSlots, with the shards of the services
	// dealt out to them (nr).
	Logs int `json:"logs"`
	// RingSlots is the size of each channel's ring in slots of 64 bytes, a power
	// of two (multikernel).
	RingSlots int `json:"ring_slots"`
	// Placement is where the state of services lives: partitioned or replicated,
	// for all of them or for each, as in kv=replicated (multikernel).
	Placement string `json:"placement"`
	// Tree is how agreements on copies travel; empty for what suits the topology
	// (multikernel).
	Tree multikernel.Tree `json:"tree"`
	// Isolate maps of the segment into each kernel only what it needs, and lets it
	// write only what it has to (multikernel).
	Isolate bool `json:"isolate"`
	// Lock is mutex, rwlock or mcs (biglock).
	Lock string `json:"lock"`
	// Home is the node of the memory, -1 for interleaved (biglock).
	Home int `json:"home"`
	// Wait is how threads wait: dedicated, oversubscribed, or empty to choose by
	// the topology.
	Wait string `json:"wait"`
	// StallBudget is how long a kernel that does not move may keep the others (nr).
	StallBudget time.Duration `json:"stall_budget_ns"`
	// Keep has the kernels go on when the supervisor dies, until another takes them
	// over (Attach) or ends them (EndKept).
	Keep bool `json:"keep"`
	// Strikes has kernels say what they are about, for who kills them to know (nr).
	Strikes bool `json:"strikes"`
	// RunDir is where the machine is to be reached; empty for DefaultRunDir.
	RunDir string `json:"run_dir"`
}

// Defaults of a Config.
const (
	DefaultLogSlots  = nrkernel.DefaultLogSlots
	DefaultRingSlots = multikernel.DefaultRing
	DefaultLock      = "mcs"
	// DefaultStallBudget is longer than any pause of a kernel that runs.
	DefaultStallBudget = time.Second
	DefaultPlacement   = string(multikernel.Partitioned)
)

// DefaultConfig returns what `nrkern start` without flags boots: NR on the
// machine's own topology.
func DefaultConfig() Config {
	return Config{
		Mode: ModeNR, Hugepages: transport.HugepagesPrefer, LogSlots: DefaultLogSlots, Logs: 1, StallBudget: DefaultStallBudget,
		RingSlots: DefaultRingSlots, Placement: DefaultPlacement, Lock: DefaultLock, Home: transport.Interleaved, RunDir: DefaultRunDir(),
	}
}

// minStallBudget leaves the watchdog a few looks.
const minStallBudget = 5 * watchTick

// complete fills in what was left empty and checks what needs no machine to be
// checked. Its errors wrap ErrUsage.
func (c Config) complete() (Config, error) {
	d := DefaultConfig()
	if c.Mode == "" {
		c.Mode = d.Mode
	}
	if c.Hugepages == "" {
		c.Hugepages = d.Hugepages
	}
	if c.LogSlots == 0 {
		c.LogSlots = d.LogSlots
	}
	if c.Logs == 0 {
		c.Logs = d.Logs
	}
	if c.RingSlots == 0 {
		c.RingSlots = d.RingSlots
	}
	if c.Placement == "" {
		c.Placement = d.Placement
	}
	if c.Lock == "" {
		c.Lock = d.Lock
	}
	if c.StallBudget == 0 {
		c.StallBudget = d.StallBudget
	}
	if c.RunDir == "" {
		c.RunDir = d.RunDir
	}
	if _, err := ParseMode(string(c.Mode)); err != nil {
		return c, err
	}
	if _, err := transport.ParseHugepages(string(c.Hugepages)); err != nil {
		return c, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if _, err := biglock.ParseKind(c.Lock); err != nil {
		return c, fmt.Errorf("%w: lock: %w", ErrUsage, err)
	}
	if _, err := c.placements(); err != nil {
		return c, err
	}
	if c.Tree != "" {
		if _, err := multikernel.ParseTree(string(c.Tree)); err != nil {
			return c, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	if c.LogSlots < transport.MinLogSlots || c.LogSlots > transport.MaxLogSlots || c.LogSlots&(c.LogSlots-1) != 0 {
		return c, usagef("log of %d slots: want a power of two from %d to %d", c.LogSlots, transport.MinLogSlots, transport.MaxLogSlots)
	}
	if c.Logs < 1 || c.Logs > nrkernel.MaxLogs {
		return c, usagef("%d logs: want 1 to %d", c.Logs, nrkernel.MaxLogs)
	}
	if c.RingSlots < multikernel.MinRing || c.RingSlots > transport.MaxRing || c.RingSlots&(c.RingSlots-1) != 0 {
		return c, usagef("rings of %d slots: want a power of two from %d to %d", c.RingSlots, multikernel.MinRing, transport.MaxRing)
	}
	if c.CPUs < 0 || c.CPUs > 0 && c.Topology == "" {
		return c, usagef("%d CPUs: want 0 for all, or more with a virtual topology", c.CPUs)
	}
	if c.StallBudget < minStallBudget {
		return c, usagef("stall budget %v: want %v or more", c.StallBudget, minStallBudget)
	}
	switch c.Wait {
	case "", transport.Dedicated.Name, transport.Oversubscribed.Name:
	default:
		return c, usagef("waiting %q: want %s, %s, or nothing to choose by the topology", c.Wait, transport.Dedicated.Name, transport.Oversubscribed.Name)
	}
	return c, nil
}

// topology reads the machine's topology and lays the virtual one over it, if
// one is asked for.
func (c Config) topology() (*numa.Topology, error) {
	t, err := numa.Discover()
	if err != nil {
		return nil, err
	}
	if c.Topology != "" {
		spec, err := numa.ParseSpec(c.Topology)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
		if t, err = t.OverlayOn(spec, c.CPUs); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	if c.Home != transport.Interleaved && (c.Home < 0 || c.Home >= len(t.Nodes)) {
		return nil, usagef("home %d: the machine has nodes 0 to %d; -1 interleaves", c.Home, len(t.Nodes)-1)
	}
	return t, nil
}

// policy chooses how the machine's threads wait: as on dedicated cores when
// each core of the topology has a CPU of its own.
func (c Config) policy(t *numa.Topology) *transport.Policy {
	switch c.Wait {
	case transport.Dedicated.Name:
		return &transport.Dedicated
	case transport.Oversubscribed.Name:
		return &transport.Oversubscribed
	}
	return transport.PolicyFor(!t.Shared)
}

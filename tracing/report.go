package tracing

import (
	"time"

	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
)

// Report is what was seen from Start, or from an earlier report, on. Its JSON
// keys are stable.
type Report struct {
	Began    time.Time     `json:"began"`
	Duration time.Duration `json:"duration_ns"`
	// Operations are the calls that the machine says it completed meanwhile;
	// null where nobody asked it.
	Operations *uint64 `json:"operations"`

	Features []Feature  `json:"features"`
	Sites    []Site     `json:"sites"`
	Calls    []Call     `json:"calls"`
	Counters []Count    `json:"counters"`
	Links    []Link     `json:"links"`
	Kernel   []Activity `json:"kernel"`
	// Matrix is what the machine observed between its nodes; whoever asks it
	// fills it in.
	Matrix *HandOvers  `json:"handovers"`
	Stacks []Stack     `json:"stacks"`
	Lost   Lost        `json:"lost"`
	Cost   Cost        `json:"probe_cost"`
	Values ValuesPerOp `json:"values_per_call"`
}

// Feature is a way of looking, and whether this machine allows it.
type Feature struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	// Needs are the capabilities (capabilities(7)) that it takes.
	Needs  []string `json:"needs"`
	Reason string   `json:"reason,omitempty"` // why not
	Remedy string   `json:"remedy,omitempty"`
}

// Site is a probe site in a process. What a site does not have (a size, a
// duration) is null.
type Site struct {
	Name     string         `json:"name"`
	Pair     string         `json:"pair"`
	Node     int            `json:"node"` // -1: the process serves all
	PID      int            `json:"pid"`
	Hits     uint64         `json:"hits"`
	PerS     float64        `json:"hits_per_s"`
	OneIn    uint64         `json:"one_in"` // how many passes a hit stands for
	Unit     string         `json:"size_unit"`
	Size     *uint64        `json:"size_total"`
	Pairs    *uint64        `json:"pairs"`
	Unpaired *uint64        `json:"unpaired"`
	Total    *time.Duration `json:"total_ns"` // of the pairs
	Mean     *time.Duration `json:"mean_ns"`
	P50      *time.Duration `json:"p50_ns"`
	P99      *time.Duration `json:"p99_ns"`
	Max      *time.Duration `json:"max_ns"`
}

// Call is one kind of operation at one node.
type Call struct {
	Node    int           `json:"node"`
	Service int           `json:"service"`
	Code    int           `json:"code"`
	Calls   uint64        `json:"calls"`
	PerS    float64       `json:"calls_per_s"`
	Total   time.Duration `json:"total_ns"`
	Mean    time.Duration `json:"mean_ns"`
	Max     time.Duration `json:"max_ns"`
	// Share is the part of the time of all calls that these took.
	Share float64 `json:"time_share"`
	// Values are counters per call, by event.
	Values map[string]float64 `json:"values"`
	// Linux is what Linux did to the calls' threads between their begin and end,
	// by event; nil if that was not watched.
	Linux map[string]uint64 `json:"linux"`
}

// Count is what was counted of an event over the interval, in all threads of
// the machine.
type Count struct {
	Event    string   `json:"event"`
	Encoding string   `json:"encoding"`
	Untested bool     `json:"untested"`
	Total    *float64 `json:"total"`
	PerOp    *float64 `json:"per_op"`
	Coverage *float64 `json:"coverage"`
	// Reason says why it was not counted.
	Reason string          `json:"reason,omitempty"`
	ByNode map[int]float64 `json:"by_node"`
}

// Link is what a socket link carried.
type Link struct {
	Unit      string   `json:"unit"`
	Socket    int      `json:"cpu"` // that it was read on
	Event     string   `json:"event"`
	Count     *float64 `json:"count"`
	BytesPerS *float64 `json:"bytes_per_s"`
	Coverage  *float64 `json:"coverage"`
	Untested  bool     `json:"untested"`
	Reason    string   `json:"reason,omitempty"`
}

// Activity is something that Linux did for the machine.
type Activity struct {
	Event   string         `json:"event"`
	Source  string         `json:"source"` // the tracepoint
	Meaning string         `json:"meaning"`
	Total   *uint64        `json:"total"`
	PerOp   *float64       `json:"per_op"`
	ByNode  map[int]uint64 `json:"by_node"`
	Reason  string         `json:"reason,omitempty"`
}

// HandOvers is the observed hand-overs of cache lines between nodes.
type HandOvers struct {
	// LowerBound is always true: polls and failed exchanges hide.
	LowerBound bool       `json:"lower_bound"`
	Nodes      int        `json:"nodes"`
	Cells      []HandOver `json:"cells"`
	Lines      uint64     `json:"lines"`
	PerOp      *float64   `json:"lines_per_op"`
	BytesPerS  float64    `json:"bytes_per_s"` // 64 to a line
}

// HandOver is the lines that went from one node to another for a cause. From is
// -1 where the cause does not say who had the line.
type HandOver struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	Cause string `json:"cause"`
	Lines uint64 `json:"lines"`
}

// Stack is a user stack and how often it was found, the innermost first.
type Stack struct {
	Node    int      `json:"node"`
	Samples uint64   `json:"samples"`
	Share   float64  `json:"share"`
	Frames  []string `json:"frames"`
}

// Lost counts what was not kept.
type Lost struct {
	Total  uint64     `json:"total"`
	Probes probe.Lost `json:"probes"`
	Stacks uint64     `json:"stacks"`
	// Timeline counts hits that a timeline had no room for; whoever writes one
	// fills it in.
	Timeline uint64 `json:"timeline"`
}

// Cost is what looking took in the interval.
type Cost struct {
	// Runs and Runtime are of the BPF programs, by Linux's measure; null where it
	// does not measure, for the reason given.
	Runs    *uint64        `json:"runs"`
	Runtime *time.Duration `json:"runtime_ns"`
	PerRun  *float64       `json:"runtime_ns_per_run"`
	// EmptyPair is what a begin and an end take with their traps, measured on an
	// empty pair in the tracer before the interval; null without probes.
	EmptyPair *time.Duration `json:"empty_pair_ns"`
	// LinuxRuns and LinuxRuntime are the part of those at Linux's tracepoints and
	// clocks, which run for every process and not for the machine's alone.
	LinuxRuns    *uint64        `json:"linux_runs"`
	LinuxRuntime *time.Duration `json:"linux_runtime_ns"`
	// Share is the part of the machine's CPU time that hits of probe sites took:
	// half an empty pair each; null if CPU time was not counted.
	Share *float64 `json:"cpu_share"`
	// Every is one in how many passed the probes of sites that are sampled.
	Every  uint64 `json:"every"`
	Reason string `json:"reason,omitempty"` // why the runtime is not known
}

// ValuesPerOp is the counters read at the ends of calls.
type ValuesPerOp struct {
	Calls       uint64  `json:"calls"`
	Moved       uint64  `json:"moved"`       // left out: they changed CPU
	Uncounted   uint64  `json:"uncounted"`   // left out: a thread that had no counters yet
	Multiplexed uint64  `json:"multiplexed"` // counted, though not all the time
	Events      []Value `json:"events"`
}

// Value is a counter per call, beside what an empty pair of probes shows.
type Value struct {
	Event   string   `json:"event"`
	PerCall *float64 `json:"per_call"`
	Empty   *float64 `json:"empty_pair"`
	Reason  string   `json:"reason,omitempty"`
}

func per(n float64, by uint64) *float64 {
	if by == 0 {
		return nil
	}
	v := n / float64(by)
	return &v
}

func countOf(c counter.Count, nodes map[int]int, operations *uint64) Count {
	n := Count{Event: c.Event.Name, Encoding: c.Event.Encoding(), Untested: c.Event.Untested, ByNode: map[int]float64{}}
	if c.Err != nil {
		n.Reason = reasonOf(c.Err)
		return n
	}
	total := c.Total()
	scaled, ok := total.Scaled()
	if !ok {
		n.Reason = "it was never counting: too many events for the processor's counters"
		return n
	}
	coverage := total.Coverage()
	n.Total, n.Coverage = &scaled, &coverage
	if operations != nil {
		n.PerOp = per(scaled, *operations)
	}
	for pid, v := range c.Values {
		if scaled, ok := v.Scaled(); ok {
			n.ByNode[nodes[pid]] += scaled
		}
	}
	return n
}

package node

import (
	"context"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// API is what can be asked of a machine: by the process that booted it
// (Machine) and, through the control socket, by others (Client). Errors wrap
// the sentinels of this package.
type API interface {
	// Status answers while benches run.
	Status(ctx context.Context, ask StatusRequest) (*Status, error)
	// Sys makes one system call at a node.
	Sys(ctx context.Context, ask SysRequest) (*SysAnswer, error)
	// Bench, Record and Probe run threads on all nodes, one of them at a time;
	// another meanwhile gets ErrBusy. When ctx is done they end early, with an
	// error.
	Bench(ctx context.Context, ask BenchRequest) (*BenchResult, error)
	Record(ctx context.Context, ask RecordRequest) (*RecordResult, error)
	Probe(ctx context.Context, ask ProbeRequest) (*ProbeResult, error)
	// Events calls f for what happened lately and for what happens, until ctx is
	// done (nil), the machine has stopped (nil), or f returns an error.
	Events(ctx context.Context, f func(Event) error) error
	// Session opens a session of the name service and calls f with it, and a context
	// that also ends when the machine does. When f returns, or ctx is done, or the
	// process that asked dies, all that the session has is let go of.
	Session(ctx context.Context, f func(context.Context, SessionInfo) error) error
	// Sites tells a tracer where to attach.
	Sites(ctx context.Context, ask SitesRequest) (*Sites, error)
	// Member takes a node out, or puts it back.
	Member(ctx context.Context, ask MemberRequest) (*Membership, error)
	// Strike kills a kernel, or stops it for a while, to see what comes of it.
	Strike(ctx context.Context, ask StrikeRequest) (*Strike, error)
	// Stop stops the machine and returns when nothing of it is left. To stop a
	// machine that has stopped is no error.
	Stop(ctx context.Context) error
}

var (
	_ API = (*Machine)(nil)
	_ API = (*Client)(nil)
)

// StatusRequest says what a Status is to hold.
type StatusRequest struct {
	// Digest asks each kernel to catch up and digest its state, which takes it
	// milliseconds for each megabyte.
	Digest bool `json:"digest"`
	// Collect has the supervisor and each kernel give back what is garbage first: what
	// is resident then is kept.
	Collect bool `json:"collect"`
}

// Status is what `nrkern status` shows.
type Status struct {
	Version    string           `json:"version"`
	Config     Config           `json:"config"`
	PID        int              `json:"pid"` // of the supervisor
	Started    time.Time        `json:"started"`
	State      State            `json:"state"`
	Topology   numa.Topology    `json:"topology"`
	Policy     transport.Policy `json:"wait_policy"`
	Segment    SegmentStatus    `json:"segment"`
	Kernels    []KernelStatus   `json:"kernels"`
	Warnings   []string         `json:"warnings"`
	Operations uint64           `json:"operations"`    // completed since the start
	Job        string           `json:"job,omitempty"` // bench, record or probe, while one runs
}

// State is what a machine or a kernel is doing.
type State string

// The states of a machine; a kernel is booting, running, stopping, silent (it
// did not answer in time), laggard (it holds up the log and does not move), passed
// over (the log goes on without it, until it is rebuilt), removed (by somebody) or
// dead.
const (
	StateBooting  State = "booting"
	StateRunning  State = "running"
	StateStopping State = "stopping"
	StateStopped  State = "stopped"
	StateSilent   State = "silent"
	StateDead     State = "dead"
	StateLaggard  State = "laggard"
	StateAway     State = "passed_over"
	StateRemoved  State = "removed"
)

// SegmentStatus is the segment and where its pages are, by the kernel's word.
type SegmentStatus struct {
	Size     uint64       `json:"size_bytes"`
	PageSize uint64       `json:"page_size_bytes"`
	Parts    []PartStatus `json:"parts"`
}

// PartStatus is one part of the segment.
type PartStatus struct {
	transport.Part
	Wanted []int       `json:"wanted_nodes"`  // Linux nodes it was bound to
	Pages  map[int]int `json:"pages_by_node"` // Linux node to pages of the segment's size, those it shares with others included
	Right  bool        `json:"placed_right"`
}

// KernelStatus is one kernel process.
type KernelStatus struct {
	// Node is the runtime's node; -1 for the one kernel of the big lock, which
	// has threads on all.
	Node     int   `json:"node"`
	Physical int   `json:"physical_node"` // Linux node of its CPUs, -1 for several
	PID      int   `json:"pid"`
	CPUs     []int `json:"cpus"` // it may run on
	// MemoryNode is the Linux node that its policy binds it to, -1 interleaved.
	MemoryNode int         `json:"memory_node"`
	Memory     numa.Policy `json:"memory_policy"` // of its threads, by the kernel's word
	// HeapPages is where the pages of its private memory are, from
	// /proc/PID/numa_maps, in pages of 4 KiB by Linux node.
	HeapPages  map[int]int             `json:"heap_pages_by_node"`
	Right      bool                    `json:"placed_right"` // CPUs, policy and pages
	State      State                   `json:"state"`
	Operations uint64                  `json:"operations"` // completed since the start
	Threads    int                     `json:"threads"`    // with an open port
	Processors int                     `json:"gomaxprocs"`
	Log        *LogStatus              `json:"log,omitempty"`      // nr with one log
	Logs       []LogStatus             `json:"logs,omitempty"`     // nr with several, in order
	Channels   map[int]ChannelPosition `json:"channels,omitempty"` // multikernel, by peer node
	// Streams are the operations on copies, by the node that orders them.
	Streams []StreamPosition  `json:"streams,omitempty"` // multikernel, replicated
	Traffic transport.Traffic `json:"traffic"`
	// HandOvers are the lines that its nodes took from others: their columns of
	// the traffic matrix, a lower bound.
	HandOvers []transport.HandOver `json:"handovers"`
	// Latencies are of one operation in 16 of the loads that ran here.
	Latencies []workload.Latency `json:"latencies"`
	Digest    string             `json:"digest,omitempty"` // hexadecimal; only when asked for
	// DigestAt is the index of the log that the digest is of; with several logs the
	// sum of the indices in DigestAtLogs.
	DigestAt     uint64   `json:"digest_index,omitempty"`
	DigestAtLogs []uint64 `json:"digest_log_indices,omitempty"`
}

// LogStatus is where a log and a replica stand.
type LogStatus struct {
	Tail      uint64 `json:"tail"`
	Completed uint64 `json:"ctail"`
	Applied   uint64 `json:"ltail"`
	Capacity  uint64 `json:"capacity_slots"`
}

// StreamPosition is where a node's copy stands in the operations that one
// coordinator orders.
type StreamPosition = multikernel.StreamPosition

// ChannelPosition is where an end of a channel stands.
type ChannelPosition = transport.Position

// SysRequest is one system call from the shell.
type SysRequest struct {
	Node    int      `json:"node"`
	Service string   `json:"service"`
	Words   []string `json:"words"`
	// Caller and Number name the call, for one who may have to make it again and
	// wants it executed once (nr): a caller, not 0, numbers its calls from 1 and has
	// one outstanding at a time. The supervisor fills in its own.
	Caller uint64 `json:"caller,omitempty"`
	Number uint64 `json:"number,omitempty"`
}

// SysAnswer is its result.
type SysAnswer struct {
	Node   int           `json:"node"`
	Status kernel.Status `json:"status_code"`
	Words  string        `json:"status"`
	Value  uint64        `json:"value"`
	Data   []byte        `json:"data,omitempty"`
	Text   string        `json:"text"` // for a person
}

// Event is one line of the event stream.
type Event struct {
	// Sequence counts a machine's events from 1; a gap says that the reader was
	// too slow and missed some.
	Sequence uint64    `json:"sequence"`
	Time     time.Time `json:"time"`
	Kind     EventKind `json:"kind"`
	Node     int       `json:"node"` // -1: the machine
	PID      int       `json:"pid,omitempty"`
	// Elapsed is the time since the death, or since the kernel was back, where the
	// event says that the others go on or that a kernel has rejoined.
	Elapsed time.Duration `json:"elapsed_ns,omitempty"`
	Text    string        `json:"text"`
}

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	EventBooting     EventKind = "booting"
	EventKernelReady EventKind = "kernel_ready"
	EventRunning     EventKind = "running"
	EventWarning     EventKind = "warning"
	EventJobBegin    EventKind = "job_begin" // a bench, recording or probe
	EventJobEnd      EventKind = "job_end"
	EventKernelDied  EventKind = "kernel_died"
	EventFenced      EventKind = "kernel_fenced"  // the others go on without it
	EventLaggard     EventKind = "kernel_laggard" // it holds up the log, and was woken
	EventPassedOver  EventKind = "kernel_passed_over"
	EventLeft        EventKind = "kernel_left"    // its node was removed
	EventStalled     EventKind = "kernel_stalled" // it held what others wait for, and is killed
	EventRejoined    EventKind = "kernel_rejoined"
	EventTakenOver   EventKind = "taken_over" // by a supervisor, from one that died
	EventStopping    EventKind = "stopping"
	EventStopped     EventKind = "stopped"
)

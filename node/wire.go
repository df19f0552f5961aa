package node

import (
	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// How a supervisor and its kernels speak: JSON calls (net/rpc) over a socket
// pair, the kernel serving. Calls are answered concurrently, so a status is
// answered while a bench runs.

// kernelService is the name of the rpc service.
const kernelService = "Kernel"

// The descriptors and the environment that a kernel process inherits.
const (
	segmentFD = 3
	socketFD  = 4

	envKernel = "NRKERN_KERNEL" // marks a kernel process; holds an identity
)

// identity is what a kernel process must know before it is told the rest: who
// it is, and what to tidy up if its supervisor dies.
type identity struct {
	Kernel     int      `json:"kernel"`     // its node, or 0 for the one kernel of the big lock
	Supervisor int      `json:"supervisor"` // process
	RunDir     string   `json:"run_dir"`
	Made       []string `json:"made"` // directories that were made for it
	Keep       bool     `json:"keep"` // it goes on when its supervisor dies
}

// reply is the part that all answers have: errors cross as Failures, because
// net/rpc keeps the text alone.
type reply struct{ Failure *Failure }

func (r *reply) err() error     { return r.Failure.err() }
func (r *reply) fail(err error) { r.Failure = failureOf(err) }

// answer is any reply.
type answer interface {
	err() error
	fail(err error)
}

// bootAsk is all that a kernel is told of the machine.
type bootAsk struct {
	Config   Config
	Topology *numa.Topology
	Policy   transport.Policy
	// Snapshot is the file of the state that the kernel begins with, or empty for
	// the state of the logs' beginning.
	Snapshot string
}

// bootAnswer is what a kernel found of its placement.
type bootAnswer struct {
	reply
	At place // by the kernel's word, of the thread that main began on
}

// snapshotAsk asks a kernel to admit that of another node to the logs, and to
// write it a snapshot of the state.
type snapshotAsk struct {
	Node int
	File string
}

type snapshotAnswer struct {
	reply
	Bytes int64
}

// rejoinAsk tells a quiesced kernel to go on from the file of a snapshot.
type rejoinAsk struct{ File string }

type statusAsk struct{ Digest, Collect bool }

type statusAnswer struct {
	reply
	At         place
	Operations uint64
	Threads    int
	Processors int
	Logs       []LogStatus
	Channels   map[int]ChannelPosition
	Copies     []StreamPosition
	Traffic    transport.Traffic
	HandOvers  []transport.HandOver
	Latencies  []workload.Latency
	Digest     uint64
	Away       bool // passed over: it has no digest
	DigestAt   []uint64
}

type sysReply struct {
	reply
	Answer SysAnswer
}

// jobAsk is a job: threads on every node that do something together, started
// and stopped by a gate in the segment. One of the requests is set.
type jobAsk struct {
	Gate   int
	Nodes  []int // that have threads in it
	Bench  *BenchRequest
	Record *RecordRequest
	Probe  *ProbeRequest
}

// jobAnswer is what a kernel's threads did, by node.
type jobAnswer struct {
	reply
	Nodes []nodeAnswer
}

// nodeAnswer is what the threads of one node did.
type nodeAnswer struct {
	Node      int
	CPUs      []int
	Traffic   transport.Traffic
	HandOvers []transport.HandOver
	Warnings  []string
	Bench     *workload.Outcome
	Record    []check.Entry
	Probe     *check.ProbeResult
}

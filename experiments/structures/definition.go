// Package structures is the experiment of the data structures: big locks, fine
// locks, lock-free maps, NR and messages over a map of any size, and where each
// of them wins.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := structures.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package structures

import (
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/inprocess"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/workload"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	line := func(name, writes, title string) results.Figure {
		return results.Figure{
			Name: name, Title: title, Kind: results.Lines, X: "keys", Y: "ops_per_s", LogX: true, LogY: true,
			At: results.Where{"writes_percent": writes},
		}
	}
	return &experiment.Definition{
		Name:   "structures",
		Title:  "Locks, lock-free maps, NR and messages, from one hot key to a million",
		Claim:  "Big locks are bad for performance; which structure is the best instead depends on how contended the data is and how often it is written.",
		Source: "Calciu et al., ASPLOS'17, section 6.1 (contended data: up to 30 times locks); David et al., Everything You Always Wanted to Know About Synchronization, SOSP'13; Roghanchi et al., ffwd, SOSP'17",
		Method: "A map of 1, 1,000, 50,000 or (full) a million 64-bit words under uniform keys, one operation outstanding a thread, every structure in one process, on two CPUs as far apart as there are, and where there are more also on all of them: NR with a replica for each CPU, messages between a node for each CPU, one copy behind each big lock, all three over the key-value service and its ports; and Go maps that are called directly: behind a sync.Mutex or a sync.RWMutex, behind 64 locks, sync.Map, xsync.Map (reads without a lock), a map for each thread with keys of its own, and one thread without synchronisation. A direct call costs less than one through a port and an operation record: the lines of the two kinds are to be compared in slope before height. The collector of the Go runtime runs beside all of them.",
		Factors: []results.Column{
			{Name: "writes_percent", Label: "writes, %"},
			{Name: "keys", Label: "keys"},
			{Name: "threads", Label: "threads"},
			{Name: "cpus", Label: "CPUs (a pair, or all where there are more)"},
		},
		Metrics: experiment.Metrics(),
		Figures: []results.Figure{
			line("reads", "0", "Reads only"),
			line("ten", "10", "10 % writes"),
			line("writes", "100", "Writes only"),
			{Name: "traffic", Title: "Cache lines handed over, an operation, on two CPUs", Kind: results.Heat, X: "writes_percent", Y: "variant", Value: "handovers_per_op", At: results.Where{"keys": "1000", "cpus": pair}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	var all []experiment.Block
	for _, keys := range experiment.Few(lab, []uint64{1000}, []uint64{1, 1000, 50_000}, []uint64{1, 1000, 50_000, 1_000_000}) {
		for _, c := range crews(lab) {
			all = append(all, block(lab, keys, c))
		}
	}
	return all, nil
}

// The values of the factor cpus.
const (
	pair  = "pair"
	every = "all"
)

// crew is the CPUs of a block's threads.
type crew struct {
	name string
	cpus []int
}

// crews returns two CPUs, of which most shapes speak whatever the machine has,
// and all if there are more.
func crews(lab *experiment.Lab) []crew {
	all := []crew{{pair, lab.Pair()}}
	if len(lab.CPUs) > 2 {
		all = append(all, crew{every, lab.CPUs[:min(len(lab.CPUs), 64)]})
	}
	return all
}

// factors returns a point.
func (c crew) factors(writes float64, keys uint64, threads int) []string {
	return []string{strconv.FormatFloat(writes, 'g', -1, 64), strconv.FormatUint(keys, 10), strconv.Itoa(threads), c.name}
}

// single returns the point of what is for one thread: measured once, with the
// pair.
func (c crew) single(writes float64, keys uint64) []string {
	if c.name != pair {
		return nil
	}
	return c.factors(writes, keys, 1)
}

func block(lab *experiment.Lab, keys uint64, c crew) experiment.Block {
	cpus := c.cpus
	var loads []inprocess.Load
	for _, writes := range experiment.Few(lab, []float64{10}, []float64{0, 10, 100}, []float64{0, 10, 50, 100}) {
		spec := workload.Default()
		spec.WriteRatio, spec.Window, spec.Keys, spec.Seed = writes, 1, keys, lab.Seed
		loads = append(loads, inprocess.Load{Factors: c.factors(writes, keys, len(cpus)), Spec: spec})
	}
	filled := inprocess.Filled{}
	more := func(l inprocess.Load) (experiment.Point, error) {
		return filled.Cells(l, c.single(l.Spec.WriteRatio, keys), cpus)
	}
	shape := inprocess.Shape{Nodes: len(cpus), Threads: 1, Window: 1}
	return inprocess.Block(strconv.FormatUint(keys, 10)+" keys, "+strconv.Itoa(len(cpus))+" CPUs", inprocess.Makers(), shape, cpus, loads, more)
}

package rules

// A row of the import table says what the packages of a folder may import,
// besides the standard library, each other, and the leaves.
type row struct {
	// folder stands for itself and everything below it that has no row of its
	// own.
	folder string
	// may lists folders; every means all that are listed above this one.
	may   []string
	every bool
	// modules are the third-party modules it may import.
	modules []string
}

// The third-party modules, by what they are for.
const (
	syscalls    = "golang.org/x/sys"
	logging     = "go.uber.org/zap"
	commandLine = "github.com/spf13/cobra"
	flags       = "github.com/spf13/pflag"
	histograms  = "github.com/HdrHistogram/hdrhistogram-go"
	histories   = "github.com/anishathalye/porcupine"
	bpf         = "github.com/cilium/ebpf"
	// Of experiments: figures, the benchmark format, and a map to set ours beside.
	plots         = "gonum.org/v1/plot"
	statistics    = "golang.org/x/perf"
	concurrentMap = "github.com/puzpuzpuz/xsync"
	// Of tracing.
	metrics  = "github.com/prometheus/client_golang"
	liveView = "charm.land/bubbletea"
)

// importTable is who may import whom, from the bottom up: a folder's tests may
// import whatever is listed above the folder, with the modules of those, and
// the testing libraries.
//
// To change it, change it in the commit that needs it and say why there. A
// package that does not fit may be in the wrong place.
func importTable() []row {
	return []row{
		// Leaves: every folder may import them, and they import nothing.
		{folder: "internal/platform"},
		{folder: "internal/mutant"}, // constants, in all builds but that of the mutants' tests
		{folder: "internal/assert"}, // constants, in all builds but that of the tests that check them
		{folder: "tracing/site"},

		// Sequential services, and the machine. Neither knows of the other.
		{folder: "kernel"},
		{folder: "numa", modules: []string{syscalls}},
		{folder: "transport", may: []string{"numa"}, modules: []string{syscalls}},

		// What the structures share, so that they differ in structure only: the
		// in-node code, the load, and the judgement of its histories.
		{folder: "combining", may: []string{"kernel", "transport"}},
		{folder: "workload", may: []string{"kernel", "transport"}, modules: []string{histograms}},
		{folder: "check", may: []string{"kernel", "workload", "transport"}, modules: []string{histories}},

		// The structures. None knows of another.
		{folder: "biglock", may: []string{"kernel", "transport", "combining"}},
		{folder: "nrkernel", may: []string{"kernel", "transport", "combining"}},
		{folder: "multikernel", may: []string{"kernel", "transport", "combining"}},

		// Tests alone: the judgement of all of them in one process.
		{folder: "check/structures"},

		// The machine that is simulated, and the probes of the one that runs.
		{folder: "simulate", may: []string{"kernel", "combining", "workload", "check", "biglock", "nrkernel", "multikernel", "transport", "numa"}},
		{folder: "tracing", may: []string{"numa", "transport"}, modules: []string{bpf, syscalls}},
		{folder: "tracing/export", may: []string{"tracing"}, modules: []string{plots, metrics}},

		// Processes that run a structure.
		{folder: "node", may: []string{
			"numa", "transport", "kernel", "combining", "workload", "check", "biglock", "nrkernel", "multikernel",
		}, modules: []string{syscalls, logging, histograms}},

		// Samples between two probes of the placement, and their statistics: what
		// the benchmark, the demonstration and the experiments share.
		{folder: "measure", may: []string{"numa", "transport", "workload"}, modules: []string{syscalls}},

		// The structures in one process beside C, the bare data structure and the
		// locks: how near they are to the hardware's limit. Machines of processes
		// for what only Linux's scheduler shows: too few cores, and idleness.
		{folder: "bench", may: []string{
			"numa", "transport", "kernel", "combining", "workload", "measure", "biglock", "nrkernel", "multikernel", "node",
		}, modules: []string{syscalls}},

		// What uses the machine.
		{folder: "guest", may: []string{"numa"}, modules: []string{syscalls}},
		// Moves lines by the structures, for the guest's coherence counter.
		{folder: "guest/coherence", may: []string{
			"transport", "kernel", "combining", "nrkernel", "multikernel",
		}, modules: []string{syscalls}},
		{folder: "experiments", every: true, modules: []string{histograms, syscalls, plots, statistics, concurrentMap}},
		{folder: "internal/rules"},
		{folder: "."},
		{folder: "cmd/nrkern", every: true, modules: []string{commandLine, flags, logging, histograms, metrics, liveView, syscalls}},
	}
}

// leaves are the folders that every folder may import.
var leaves = []string{"internal/platform", "internal/mutant", "internal/assert", "tracing/site"}

// testModules are the testing libraries: any test may import them.
var testModules = []string{
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
	"github.com/cockroachdb/datadriven",
	"go.uber.org/goleak",
	"pgregory.net/rapid",
}

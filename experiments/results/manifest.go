package results

import (
	"fmt"
	"time"

	"github.com/nrkern/nrkern/numa"
)

// Format is the version of the folder's layout. A reader refuses a later one.
const Format = 1

// Status is how a run ended.
type Status string

// The ends of a run.
const (
	Complete    Status = "complete"
	Interrupted Status = "interrupted" // by a signal: what was measured until then is there
	Broken      Status = "failed"      // by an error, which Manifest.Error has
)

// Manifest says how the samples of a folder came about.
type Manifest struct {
	Format     int    `json:"format"`
	Experiment string `json:"experiment"`
	Title      string `json:"title"`
	Claim      string `json:"claim"`
	Source     string `json:"source"`
	Method     string `json:"method"`
	Scale      string `json:"scale"`
	Status     Status `json:"status"`
	Error      string `json:"error,omitempty"`

	Version  string    `json:"version"`
	Revision *string   `json:"vcs_revision"` // null where the build did not record it
	Modified *bool     `json:"vcs_modified"`
	Args     []string  `json:"argv"`
	Seed     uint64    `json:"seed"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`

	// Samples were planned and taken; Repetitions likewise, of each point. An
	// experiment has a limit of time, so that fewer may be done.
	SamplesPlanned     int           `json:"samples_planned"`
	SamplesTaken       int           `json:"samples_taken"`
	RepetitionsPlanned int           `json:"repetitions_planned"`
	RepetitionsDone    int           `json:"repetitions_done"`
	Duration           time.Duration `json:"sample_duration_ns"`
	Warmup             time.Duration `json:"warmup_ns"`

	Host     Host           `json:"host"`
	Machines []MachineFacts `json:"machines"`
	Noise    Noise          `json:"noise"`
	Warnings []string       `json:"warnings"`

	Factors []Column `json:"factors"`
	Metrics []Column `json:"metrics"`
	Figures []Figure `json:"figures"`
}

// Host is what a run was measured on.
type Host struct {
	CPU      string      `json:"cpu"`
	CPUs     int         `json:"cpus"`        // usable
	Nodes    int         `json:"linux_nodes"` // NUMA nodes
	Caches   int         `json:"last_level_caches"`
	Linux    string      `json:"linux"`
	Go       string      `json:"go_version"`
	Memory   uint64      `json:"memory_bytes"`
	Clock    string      `json:"clock"`
	Topology string      `json:"topology"`
	Tuning   numa.Tuning `json:"tuning"`
}

// MachineFacts is a machine of kernels that took part.
type MachineFacts struct {
	Name      string `json:"name"`
	Topology  string `json:"topology"`
	Hugepages bool   `json:"hugepages"`
	Policy    string `json:"wait_policy"`
	Placed    bool   `json:"placed_right"`
}

// Noise is who else used the CPUs. What Linux does not say is null.
type Noise struct {
	BusyBefore *float64 `json:"busy_before_percent"`
	BusyAfter  *float64 `json:"busy_after_percent"`
	// Others is the share of all CPUs' time that other programs used between.
	Others     *float64 `json:"others_percent"`
	Steal      *float64 `json:"steal_percent"`
	LoadBefore *float64 `json:"load_1min_before"`
	LoadAfter  *float64 `json:"load_1min_after"`
	// Moved counts the samples that were left out because the CPUs were moved
	// while they were taken.
	Moved int `json:"samples_moved"`
	// Placements counts the samples by where the CPUs were.
	Placements map[string]int `json:"samples_by_placement"`
}

// tolerable is the share of the CPUs' time, in percent, that other programs may
// use.
const tolerable = 5

// Disturbed says that other programs used so much of the CPUs that what was timed
// may be theirs as much as ours; empty if they did not, or Linux does not say.
func (n Noise) Disturbed() string {
	if n.Others == nil || *n.Others <= tolerable {
		return ""
	}
	return fmt.Sprintf("other programs used %.0f %% of the CPUs' time meanwhile: run it again when nothing else runs", *n.Others)
}

package node

import (
	"fmt"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/nrkernel"
)

// SoakReport is what came of a soak. Its JSON keys are stable.
type SoakReport struct {
	Judgement check.Judgement `json:"judgement"` // the worst of the machines
	Seed      uint64          `json:"seed"`
	Began     time.Time       `json:"began"`
	Elapsed   time.Duration   `json:"elapsed_ns"`
	Machines  []*SoakMachine  `json:"machines"`
}

// SoakMachine is what one machine went through.
type SoakMachine struct {
	Judgement check.Judgement `json:"judgement"`
	Name      string          `json:"name"`
	Nodes     int             `json:"nodes"`
	Logs      int             `json:"logs"`
	LogSlots  int             `json:"log_slots"`
	Rounds    int             `json:"rounds"`
	Kills     int             `json:"kills"`
	Stops     int             `json:"stops"`
	Leaves    int             `json:"leaves"`
	Joins     int             `json:"joins"`
	// Supervisors that were killed, and another took over.
	Supervisors int `json:"supervisors_killed"`
	// Struck counts the strikes by what the kernel was at.
	Struck     map[string]int `json:"struck_by_phase"`
	Rejoined   int            `json:"rejoined"`
	PassedOver int            `json:"passed_over"`
	Stalled    int            `json:"stalled"`
	// Operations of histories that were judged; Open of unknown outcome.
	Operations  int `json:"operations"`
	Open        int `json:"open_operations"`
	Overlapping int `json:"overlapping_operations_of_other_clients"`
	// Digests is how often all kernels were found with one digest.
	Digests int           `json:"digests_compared"`
	GoOn    time.Duration `json:"others_go_on_max_ns"`
	Rebuilt time.Duration `json:"rebuilt_max_ns"`
	// Memory is null if the soak ended early.
	Memory *SoakMemory `json:"memory"`
	// Text says what is wrong.
	Text string `json:"text,omitempty"`
}

func newSoakMachine(m *soakMachine) *SoakMachine {
	r := &SoakMachine{
		Judgement: check.OK, Name: m.name, Logs: m.config.Logs, LogSlots: m.config.LogSlots,
		Struck: map[string]int{nrkernel.PhaseElsewhere.String(): 0},
	}
	_, _ = fmt.Sscanf(m.config.Topology, "%d", &r.Nodes)
	for _, p := range nrkernel.Phases() {
		r.Struck[p.String()] = 0
	}
	return r
}

// count takes over what was heard of the machine's events.
func (r *SoakMachine) count(o *OrdealReport) {
	r.Rejoined, r.PassedOver, r.Stalled, r.GoOn, r.Rebuilt = o.Rejoined, o.PassedOver, o.Stalled, o.GoOn, o.Rebuilt
}

func (r *SoakMachine) fail(text string) { r.Judgement, r.Text = check.Illegal, text }

// String sums the machine's soak up.
func (r *SoakMachine) String() string {
	text := fmt.Sprintf("%s: %d rounds, %d kills, %d stops, %d leaves, %d supervisors killed; %d passed over, %d killed for a reservation, %d rejoined; %d operations judged, %d open, digests equal %d times",
		r.Name, r.Rounds, r.Kills, r.Stops, r.Leaves, r.Supervisors, r.PassedOver, r.Stalled, r.Rejoined, r.Operations, r.Open, r.Digests)
	if r.Memory != nil {
		text += "; " + r.Memory.String()
	}
	if r.Text != "" {
		text += "; " + r.Text
	}
	return text
}

// worse takes over the judgement of a machine, and reports whether it is not ok.
func (r *SoakReport) worse(m *soakMachine) bool {
	if mem := m.report.Memory; mem != nil && mem.Judged && !mem.Flat && m.report.Judgement == check.OK {
		m.report.fail("memory grows: " + mem.String())
	}
	j := m.report.Judgement
	if j == check.Illegal || j == check.Unknown && r.Judgement == check.OK {
		r.Judgement = j
	}
	return j != check.OK
}

package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

// Timeline writes hits as the JSON trace events of Chrome, which Perfetto opens:
// a process a node and a track a CPU with its batches, replays and waits, a track
// for each operation outstanding, and an arrow for each message from where it was
// sent to where it was taken.
type Timeline struct {
	out    *bufio.Writer
	name   func(service, code uint8) string
	began  uint64 // of the first hit: a trace begins at 0
	events uint64
	open   map[openKey]probe.Hit
	named  map[[2]int]bool // tracks that have a name
	// Dropped are hits beyond the limit.
	Dropped uint64
	// Unpaired are ends whose beginning was not seen, or was on another thread.
	Unpaired uint64
	err      error
}

// MaxEvents is the largest number of events of a timeline: with more, a file
// has hundreds of megabytes and no viewer opens it.
const MaxEvents = 500_000

// openKey tells pairs that are open apart: those with a key of their own by it,
// the others by their thread.
type openKey struct {
	pair string
	pid  int
	who  uint64
}

// NewTimeline begins a trace. Name words an operation of a service.
func NewTimeline(w io.Writer, name func(service, code uint8) string) *Timeline {
	t := &Timeline{out: bufio.NewWriter(w), name: name, open: map[openKey]probe.Hit{}, named: map[[2]int]bool{}}
	_, t.err = t.out.WriteString(`{"displayTimeUnit":"ns","traceEvents":[`)
	return t
}

// traceEvent is one event of Chrome's format. Times are in microseconds.
type traceEvent struct {
	Phase    string         `json:"ph"`
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	At       json.Number    `json:"ts"`
	Duration json.Number    `json:"dur,omitempty"`
	ID       string         `json:"id,omitempty"`
	Bind     string         `json:"bp,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// microseconds writes a time with all its nanoseconds.
func microseconds(ns uint64) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", ns/1000, ns%1000))
}

func (t *Timeline) write(e traceEvent) {
	if t.err != nil {
		return
	}
	if t.events++; t.events > 1 {
		t.out.WriteByte(',') // an error stays: Flush returns it
	}
	t.out.WriteByte('\n')
	var text []byte
	if text, t.err = json.Marshal(e); t.err == nil {
		_, t.err = t.out.Write(text)
	}
}

// Tracks and processes are numbered from 1: 0 is the idle process to some
// viewers.
func (t *Timeline) track(h *probe.Hit) (process, thread int) {
	process, thread = h.Target.Node+1, h.CPU+1
	if h.Target.Node < 0 {
		process = 1
	}
	if key := [2]int{process, 0}; !t.named[key] {
		t.named[key] = true
		t.write(traceEvent{Phase: "M", Name: "process_name", Process: process, At: "0", Args: map[string]any{"name": nodeName(h.Target.Node)}})
	}
	if key := [2]int{process, thread}; !t.named[key] {
		t.named[key] = true
		t.write(traceEvent{Phase: "M", Name: "thread_name", Process: process, Thread: thread, At: "0", Args: map[string]any{"name": fmt.Sprintf("CPU %d", h.CPU)}})
	}
	return process, thread
}

// Add adds a hit.
func (t *Timeline) Add(h *probe.Hit) error {
	if t.events >= MaxEvents {
		t.Dropped++
		return t.err
	}
	if t.began == 0 {
		t.began = h.At
	}
	switch h.Role {
	case site.Begin:
		t.open[keyOf(h)] = *h
		if h.Pair == "call" {
			t.call("b", h, h)
		}
	case site.End:
		t.end(h)
	case site.Instant:
		t.instant(h)
	}
	return t.err
}

func keyOf(h *probe.Hit) openKey {
	k := openKey{h.Pair, h.Target.PID, uint64(h.Thread)}
	if h.Keyed {
		k.who = h.Who &^ 0xffff
	}
	return k
}

// at is a time of the trace. Hits of several CPUs come a little out of order: one
// from before the first is put there.
func (t *Timeline) at(ns uint64) json.Number { return microseconds(ns - min(ns, t.began)) }

func (t *Timeline) end(h *probe.Hit) {
	key := keyOf(h)
	begin, known := t.open[key]
	if !known {
		t.Unpaired++
		return
	}
	delete(t.open, key)
	if h.Pair == "call" {
		t.call("e", h, &begin)
		return
	}
	process, thread := t.track(&begin)
	e := traceEvent{
		Phase: "X", Name: h.Pair, Category: h.Pair, Process: process, Thread: thread,
		At: t.at(begin.At), Duration: microseconds(h.At - min(h.At, begin.At)),
	}
	if begin.Description.Size != "" {
		e.Args = map[string]any{begin.Description.Size: begin.Size}
	}
	t.write(e)
}

// call writes one end of an operation; several of a thread overlap, so that they
// are asynchronous events and not slices of a track.
func (t *Timeline) call(phase string, at, begin *probe.Hit) {
	process, thread := t.track(at)
	t.write(traceEvent{
		Phase: phase, Name: t.name(uint8(begin.Who>>8), uint8(begin.Who)), Category: "call",
		Process: process, Thread: thread, At: t.at(at.At), ID: fmt.Sprintf("%d.%x", at.Target.PID, begin.Who>>16),
	})
}

// instant writes a hit without length; a message is long enough for an arrow to
// begin or end in it.
func (t *Timeline) instant(h *probe.Hit) {
	process, thread := t.track(h)
	e := traceEvent{Phase: "i", Name: h.Name, Category: h.Name, Process: process, Thread: thread, At: t.at(h.At)}
	if h.Description.Size != "" {
		e.Args = map[string]any{h.Description.Size: h.Size}
	}
	arrow := traceEvent{Name: "message", Category: "message", Process: process, Thread: thread, At: t.at(h.At)}
	switch h.Name {
	case "send":
		arrow.Phase, arrow.ID = "s", fmt.Sprintf("%d-%d.%d", h.Who, h.More, h.Number)
	case "receive":
		arrow.Phase, arrow.ID, arrow.Bind = "f", fmt.Sprintf("%d-%d.%d", h.More, h.Who, h.Number), "e"
	default:
		t.write(e)
		return
	}
	e.Phase, e.Duration = "X", "0.200"
	t.write(e)
	t.write(arrow)
}

// Close ends the trace with what was lost and what looking took.
func (t *Timeline) Close(r *tracing.Report) error {
	if t.err != nil {
		return t.err
	}
	other, err := json.Marshal(map[string]any{
		"lost": r.Lost, "probe_cost": r.Cost, "dropped_hits": t.Dropped, "unpaired_ends": t.Unpaired, "still_open": len(t.open), "events": t.events,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\n],\"otherData\":%s}\n", other)
	return t.out.Flush()
}

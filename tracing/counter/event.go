package counter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Event is something that can be counted.
type Event struct {
	// Name is what people call it.
	Name string `json:"name"`
	// Type and Config are as in perf_event_open(2).
	Type    uint32 `json:"type"`
	Config  uint64 `json:"config"`
	Config1 uint64 `json:"config1"`
	// Untested says that nobody has run this event for us.
	Untested bool `json:"untested"`
	// Meaning is for people.
	Meaning string `json:"meaning"`
}

// Software reports whether Linux counts it itself.
func (e Event) Software() bool { return e.Type == unix.PERF_TYPE_SOFTWARE }

// Encoding is the event as it is programmed: "raw 0x04d3".
func (e Event) Encoding() string {
	kind := map[uint32]string{
		unix.PERF_TYPE_HARDWARE: "hardware", unix.PERF_TYPE_SOFTWARE: "software",
		unix.PERF_TYPE_HW_CACHE: "cache", unix.PERF_TYPE_RAW: "raw",
	}[e.Type]
	if kind == "" {
		kind = "type " + strconv.Itoa(int(e.Type))
	}
	text := fmt.Sprintf("%s %#x", kind, e.Config)
	if e.Config1 != 0 {
		text += fmt.Sprintf(" config1 %#x", e.Config1)
	}
	return text
}

// ErrEvent is the error of an event that there is not.
var ErrEvent = errors.New("no such event")

func software(name string, config uint64, meaning string) Event {
	return Event{Name: name, Type: unix.PERF_TYPE_SOFTWARE, Config: config, Meaning: meaning}
}

func hardware(name string, config uint64, meaning string) Event {
	return Event{Name: name, Type: unix.PERF_TYPE_HARDWARE, Config: config, Meaning: meaning}
}

func cached(name string, config uint64, meaning string) Event {
	return Event{Name: name, Type: unix.PERF_TYPE_HW_CACHE, Config: config, Meaning: meaning}
}

func raw(name string, config, config1 uint64, meaning string) Event {
	return Event{Name: name, Type: unix.PERF_TYPE_RAW, Config: config, Config1: config1, Untested: true, Meaning: meaning}
}

// generic are the events that Linux names on all processors.
func generic() []Event {
	return []Event{
		software("task-clock", unix.PERF_COUNT_SW_TASK_CLOCK, "nanoseconds on a CPU"),
		software("page-faults", unix.PERF_COUNT_SW_PAGE_FAULTS, "page faults"),
		software("major-faults", unix.PERF_COUNT_SW_PAGE_FAULTS_MAJ, "page faults that waited for a disk"),
		software("context-switches", unix.PERF_COUNT_SW_CONTEXT_SWITCHES, "times a thread left its CPU"),
		software("cpu-migrations", unix.PERF_COUNT_SW_CPU_MIGRATIONS, "times a thread went on on another CPU"),
		hardware("cycles", unix.PERF_COUNT_HW_CPU_CYCLES, "cycles"),
		hardware("instructions", unix.PERF_COUNT_HW_INSTRUCTIONS, "instructions"),
		hardware("cache-misses", unix.PERF_COUNT_HW_CACHE_MISSES, "Intel: misses of the last level; AMD Zen: of the second"),
		cached("LLC-load-misses", 0x10002, "loads that missed the last level; not on AMD Zen"),
		cached("node-load-misses", 0x10006, "loads that another node's memory served; not on AMD Zen"),
		cached("dTLB-load-misses", 0x10003, "loads that missed the data TLB"),
	}
}

// Default returns the events that are counted when nothing is asked for: what
// Linux counts, the generic ones, and all that the processor's table has of
// remote lines.
func Default(cpu CPU) []Event { return append(generic(), tableOf(cpu)...) }

// Choose finds events by name, or by raw code as perf writes it: r04d3, or
// r01b7:103FC00001 with the second word after a colon, both hexadecimal.
func Choose(cpu CPU, names []string) ([]Event, error) {
	known := Default(cpu)
	var chosen []Event
	for _, name := range names {
		if i := slices.IndexFunc(known, func(e Event) bool { return strings.EqualFold(e.Name, name) }); i >= 0 {
			chosen = append(chosen, known[i])
			continue
		}
		e, ok := rawCode(name)
		if !ok {
			return nil, fmt.Errorf("%w: %q: want one of %s, or a raw code such as r04d3", ErrEvent, name, strings.Join(namesOf(known), ", "))
		}
		chosen = append(chosen, e)
	}
	return chosen, nil
}

func rawCode(name string) (Event, bool) {
	code, isRaw := strings.CutPrefix(name, "r")
	first, second, two := strings.Cut(code, ":")
	config, err := strconv.ParseUint(first, 16, 64)
	if !isRaw || err != nil {
		return Event{}, false
	}
	var config1 uint64
	if two {
		if config1, err = strconv.ParseUint(second, 16, 64); err != nil {
			return Event{}, false
		}
	}
	return raw(name, config, config1, "a raw code"), true
}

func namesOf(events []Event) []string {
	var names []string
	for _, e := range events {
		names = append(names, e.Name)
	}
	return names
}

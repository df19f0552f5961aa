package counter

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
)

// sysfs is where the units are; tests have their own.
const sysfs = "/sys/bus/event_source/devices"

// linkEvent is what a unit counts of a socket link.
type linkEvent struct {
	name    string
	config  uint64
	bytes   float64 // that one count stands for
	meaning string
}

// Link is one unit that counts traffic of a socket link, on the socket that a
// CPU belongs to.
type Link struct {
	Unit  string  `json:"unit"` // as uncore_upi_0
	CPU   int     `json:"cpu"`  // to read it on
	Event Event   `json:"event"`
	Bytes float64 `json:"bytes_per_count"`
}

// Links returns what counts the socket links of this machine: by the units that
// sysfs lists, on a CPU of each socket. None on a machine without such units.
func Links(cpu CPU) ([]Link, error) { return linksIn(sysfs, cpu) }

func linksIn(root string, cpu CPU) ([]Link, error) {
	units, err := filepath.Glob(filepath.Join(root, "*"))
	if err != nil {
		return nil, err
	}
	sort.Strings(units)
	var links []Link
	for _, unit := range units {
		name := filepath.Base(unit)
		events := linkEvents(name, cpu)
		if len(events) == 0 {
			continue
		}
		kind, cpus, err := unitOf(unit)
		if err != nil {
			return nil, err
		}
		for _, at := range cpus {
			for _, e := range events {
				links = append(links, Link{
					Unit: name, CPU: at, Bytes: e.bytes,
					Event: Event{Name: name + "/" + e.name, Type: kind, Config: e.config, Untested: true, Meaning: e.meaning},
				})
			}
		}
	}
	return links, nil
}

// linkEvents returns what a unit counts of links. A UPI flit carries 64/9 bytes
// of data on average (Skylake's formula); a data-fabric packet has 32 bytes, on
// Zen 5 64.
func linkEvents(unit string, cpu CPU) []linkEvent {
	switch {
	case cpu.Vendor == intel && strings.HasPrefix(unit, "uncore_upi"):
		const flit = 64.0 / 9
		return []linkEvent{
			{"tx_data", 0x0f02, flit, "flits of data sent"},
			{"tx_control", 0x9702, flit, "other flits sent"},
			{"rx_data", 0x0f03, flit, "flits of data received"},
		}
	case cpu.Vendor == amd && unit == "amd_df" && cpu.Family == 0x19 && cpu.Model < 0x10:
		var events []linkEvent
		for i, config := range []uint64{0x7000002c7, 0x800000207, 0x800000247, 0x800000287} {
			events = append(events, linkEvent{fmt.Sprintf("remote_outbound_%d", i), config, 32, "packets sent to the other socket"})
		}
		return events
	case cpu.Vendor == amd && unit == "amd_df" && (cpu.Family == 0x19 || cpu.Family == 0x1a):
		size := 32.0
		if cpu.Family == 0x1a {
			size = 64
		}
		var events []linkEvent
		for i := range uint64(8) { // core complexes: the next unit is 0x40 on
			events = append(events,
				linkEvent{fmt.Sprintf("remote_inbound_%d", i), 0x40b00fe1e + 0x40*i, size, "beats from the other socket"},
				linkEvent{fmt.Sprintf("remote_outbound_%d", i), 0x40b00ff1e + 0x40*i, size, "beats to the other socket"})
		}
		return events
	}
	return nil
}

// unitOf reads a unit's perf type, and a CPU of each socket to read it on.
func unitOf(dir string) (kind uint32, cpus []int, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "type"))
	if err != nil {
		return 0, nil, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil {
		return 0, nil, fmt.Errorf("%s/type: %w", dir, err)
	}
	text, err = os.ReadFile(filepath.Join(dir, "cpumask"))
	if err != nil {
		return 0, nil, err
	}
	if cpus, err = numa.ParseList(strings.TrimSpace(string(text))); err != nil {
		return 0, nil, fmt.Errorf("%s/cpumask: %w", dir, err)
	}
	return uint32(n), cpus, nil
}

// LinkSet counts socket links.
type LinkSet struct {
	links    []Link
	counters []*Counter
	errs     []error
}

// OpenLinks begins to count.
func OpenLinks(links []Link) *LinkSet {
	s := &LinkSet{links: links}
	for _, l := range links {
		c, err := open(l.Event, follow{tid: -1, cpu: l.CPU})
		s.counters = append(s.counters, c)
		s.errs = append(s.errs, err)
	}
	return s
}

// LinkCount is what a link carried, or why that is not known.
type LinkCount struct {
	Link
	Value Value
	Err   error
}

// Read returns the counts so far.
func (s *LinkSet) Read() []LinkCount {
	var all []LinkCount
	for i, l := range s.links {
		n := LinkCount{Link: l, Err: s.errs[i]}
		if n.Err == nil {
			n.Value, n.Err = s.counters[i].Read()
		}
		all = append(all, n)
	}
	return all
}

// Close stops counting.
func (s *LinkSet) Close() {
	for _, c := range s.counters {
		if c != nil {
			_ = unix.Close(c.fd)
		}
	}
}

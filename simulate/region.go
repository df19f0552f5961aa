//go:build !nrkern_nohook

package simulate

import (
	"math/bits"
	"strings"

	"github.com/nrkern/nrkern/transport"
)

// Region is what a cache line is for.
type Region uint8

// The regions. What is on the heap belongs to one node, except in the big
// lock, where it is the lock.
const (
	RegionHeap Region = iota
	RegionTail
	RegionCtail
	RegionSlots
	RegionLtail
	RegionFilling
	RegionJoined
	RegionBell
	RegionRing
	RegionState
	regions
)

var regionNames = [regions]string{
	"node_words", "log_tail", "log_ctail", "log_slots", "replica_ltail", "replica_filling", "replica_joined", "bell", "ring_slots", "service_state",
}

// String returns the region's name, as JSON has it.
func (r Region) String() string { return regionNames[r] }

// regionIn returns what a line of a part of the segment is for.
func regionIn(part string, offset uint64) Region {
	word := offset / transport.LineSize
	if rest, several := strings.CutPrefix(part, "log."); several { // of one of several logs: log.2.slots
		if number, of, ok := strings.Cut(rest, "."); ok && number >= "0" && number <= "99" && number != "replica" {
			part = "log." + of
		}
	}
	switch {
	case part == "log.control" && word < 2:
		return []Region{RegionTail, RegionCtail}[word]
	case part == "log.slots":
		return RegionSlots
	case strings.HasPrefix(part, "log.replica.") && word < 4:
		return []Region{RegionLtail, RegionFilling, RegionJoined, RegionBell}[word]
	case strings.HasPrefix(part, "mesh.from."):
		return RegionRing
	case strings.HasPrefix(part, "mesh.bell."):
		return RegionBell
	}
	return RegionHeap
}

func trailing(s uint64) int { return bits.TrailingZeros64(s) }

package log

import "github.com/nrkern/nrkern/transport"

const slotBytes = transport.SlotSize

// nrTraffic is the traffic of replicas, by the entry.
type nrTraffic transport.Traffic

func (t nrTraffic) since(before nrTraffic) nrTraffic {
	return nrTraffic(transport.Traffic(t).Sub(transport.Traffic(before)))
}

func (t nrTraffic) perEntry(n uint64) float64 { return float64(n) / float64(max(1, t.LogEntries)) }

func (t nrTraffic) slotsPerEntry() float64 { return t.perEntry(t.LogSlots) }
func (t nrTraffic) linesPerEntry() float64 { return t.perEntry(transport.Traffic(t).HandOvers()) }

func (t nrTraffic) perReservation() float64 {
	return float64(t.LogEntries) / float64(max(1, t.LogBatches))
}

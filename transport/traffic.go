package transport

// Traffic is what one node saw cross between nodes since it started.
//
// A hand-over is a cache line that another node had touched last. It is
// observed from cursors and changed values, not from the hardware, so the
// counts are a lower bound: polls and failed exchanges hide. They are exact on
// rendezvous workloads, where each side waits for the other.
type Traffic struct {
	LogBatches uint64 `json:"log_batches"` // reservations made here
	LogEntries uint64 `json:"log_entries"` // operations appended here
	LogSlots   uint64 `json:"log_slots"`   // slots appended here
	Messages   uint64 `json:"messages"`    // messages sent from here
	Acks       uint64 `json:"acks"`        // bare acknowledgements sent from here

	// Observed line hand-overs to this node, by cause.
	EntryLines   uint64 `json:"entry_line_handovers"`   // log slots read or written over
	ControlLines uint64 `json:"control_line_handovers"` // tail, ctail, ltail
	MessageLines uint64 `json:"message_line_handovers"` // channel slots read or written over
	LockLines    uint64 `json:"lock_line_handovers"`    // the big lock and what it guards
}

// HandOvers returns the observed line hand-overs of all causes.
func (t Traffic) HandOvers() uint64 {
	return t.EntryLines + t.ControlLines + t.MessageLines + t.LockLines
}

// Sub returns what was counted since an earlier reading.
func (t Traffic) Sub(since Traffic) Traffic {
	return Traffic{
		LogBatches: t.LogBatches - since.LogBatches, LogEntries: t.LogEntries - since.LogEntries, LogSlots: t.LogSlots - since.LogSlots,
		Messages: t.Messages - since.Messages, Acks: t.Acks - since.Acks,
		EntryLines: t.EntryLines - since.EntryLines, ControlLines: t.ControlLines - since.ControlLines,
		MessageLines: t.MessageLines - since.MessageLines, LockLines: t.LockLines - since.LockLines,
	}
}

// Add returns the sum of two nodes' traffic.
func (t Traffic) Add(other Traffic) Traffic {
	return Traffic{
		LogBatches: t.LogBatches + other.LogBatches, LogEntries: t.LogEntries + other.LogEntries, LogSlots: t.LogSlots + other.LogSlots,
		Messages: t.Messages + other.Messages, Acks: t.Acks + other.Acks,
		EntryLines: t.EntryLines + other.EntryLines, ControlLines: t.ControlLines + other.ControlLines,
		MessageLines: t.MessageLines + other.MessageLines, LockLines: t.LockLines + other.LockLines,
	}
}

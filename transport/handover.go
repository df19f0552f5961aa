package transport

// Cause is why a cache line crossed between nodes.
type Cause string

// The causes. A line is read anew (an entry, a message), or taken by a writer
// after others had it (a reused slot, a control word, the lock).
const (
	CauseEntry   Cause = "log_entry"
	CausePayload Cause = "payload" // continuations of entries and messages: their data
	CauseReuse   Cause = "slot_reuse"
	CauseControl Cause = "control_word"
	CauseMessage Cause = "message"
	CauseAck     Cause = "ack"
	CauseLock    Cause = "lock"
)

// Causes returns all causes in the order that tables show them.
func Causes() []Cause {
	return []Cause{CauseEntry, CausePayload, CauseReuse, CauseControl, CauseMessage, CauseAck, CauseLock}
}

// Somewhere is the node that had a line, where the observer cannot tell.
const Somewhere = -1

// HandOver is how many lines one node took from another for a cause: a cell of
// the matrix of a machine's traffic. Like Traffic it is observed, and a lower
// bound; exact on rendezvous workloads.
type HandOver struct {
	From  int    `json:"from"` // Somewhere if it is not known
	To    int    `json:"to"`
	Cause Cause  `json:"cause"`
	Lines uint64 `json:"lines"`
}

// Flow collects the cells of one node, leaving out those without lines.
type Flow struct {
	To    int
	Cells []HandOver
}

// Add adds lines that came from a node.
func (f *Flow) Add(from int, c Cause, lines uint64) {
	if lines > 0 {
		f.Cells = append(f.Cells, HandOver{from, f.To, c, lines})
	}
}

// SubHandOvers returns what was counted since an earlier reading.
func SubHandOvers(now, before []HandOver) []HandOver {
	type cell struct {
		from, to int
		cause    Cause
	}
	had := map[cell]uint64{}
	for _, h := range before {
		had[cell{h.From, h.To, h.Cause}] += h.Lines
	}
	var since []HandOver
	for _, h := range now {
		if h.Lines -= min(had[cell{h.From, h.To, h.Cause}], h.Lines); h.Lines > 0 {
			since = append(since, h)
		}
	}
	return since
}

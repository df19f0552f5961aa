package site

// ID is the number of a site in the catalogue.
type ID uint8

// The sites. The order is part of what a machine tells its tracers by name
// alone: numbers are for one process.
const (
	AtCallBegin ID = iota
	AtCallEnd
	AtCombineBegin
	AtCombineEnd
	AtReplayBegin
	AtReplayEnd
	AtGateBegin
	AtGateEnd
	AtLockBegin
	AtLockEnd
	AtParkBegin
	AtParkEnd
	AtServiceBegin
	AtServiceEnd
	AtEmptyBegin
	AtEmptyEnd
	AtAppend
	AtLogFull
	AtHole
	AtSend
	AtReceive
	AtAck
	AtTurn
	AtWake

	// Count is the number of sites.
	Count = int(iota)
)

// Role is what a hit of a site means.
type Role string

// The roles. A begin is followed by the end of its pair, in the same goroutine.
const (
	Begin   Role = "begin"
	End     Role = "end"
	Instant Role = "instant"
)

// Description is a site in the catalogue.
type Description struct {
	Name string `json:"name"`
	// Pair names what a begin and an end have in common; an instant's own name.
	Pair string `json:"pair"`
	Role Role   `json:"role"`
	// Keyed says that several of the pair may be open in one goroutine, and AX
	// tells them apart.
	Keyed bool `json:"keyed"`
	// Size says what CX counts; empty if it counts nothing.
	Size string `json:"size"`
	// Sampled says that one in Every passes, where the others all do.
	Sampled bool `json:"sampled"`
	// Text is for people.
	Text string `json:"text"`
}

// Catalogue returns all sites, by ID.
func Catalogue() [Count]Description {
	return [Count]Description{
		AtCallBegin:    {"call_begin", "call", Begin, true, "", true, "an operation starts at a port"},
		AtCallEnd:      {"call_end", "call", End, true, "", true, "its result is collected"},
		AtCombineBegin: {"combine_begin", "combine", Begin, false, "ops", true, "a combiner takes a batch"},
		AtCombineEnd:   {"combine_end", "combine", End, false, "", true, "the batch is applied and handed out"},
		AtReplayBegin:  {"replay_begin", "replay", Begin, false, "slots", true, "a replica applies what the log holds"},
		AtReplayEnd:    {"replay_end", "replay", End, false, "", true, "it has"},
		AtGateBegin:    {"gate_begin", "gate", Begin, false, "", true, "a read waits until its replica has caught up"},
		AtGateEnd:      {"gate_end", "gate", End, false, "", true, "it has"},
		AtLockBegin:    {"lock_begin", "lock", Begin, false, "", true, "a thread asks for the big lock"},
		AtLockEnd:      {"lock_end", "lock", End, false, "", true, "it has it"},
		AtParkBegin:    {"park_begin", "park", Begin, false, "", false, "a thread goes to sleep on a futex"},
		AtParkEnd:      {"park_end", "park", End, false, "", false, "it is back"},
		AtServiceBegin: {"service_begin", "service", Begin, true, "", false, "a span of a service's own begins"},
		AtServiceEnd:   {"service_end", "service", End, true, "", false, "it ends"},
		AtEmptyBegin:   {"empty_begin", "empty", Begin, false, "", false, "nothing: what a pair of probes itself costs"},
		AtEmptyEnd:     {"empty_end", "empty", End, false, "", false, "nothing"},
		AtAppend:       {"append", "append", Instant, false, "slots", true, "a batch is in the log"},
		AtLogFull:      {"log_full", "log_full", Instant, false, "slots", false, "a combiner finds the log full"},
		AtHole:         {"hole", "hole", Instant, false, "", false, "a replay meets a slot that is reserved and not yet published"},
		AtSend:         {"send", "send", Instant, false, "slots", true, "a message is sent"},
		AtReceive:      {"receive", "receive", Instant, false, "slots", true, "a message is taken"},
		AtAck:          {"ack", "ack", Instant, false, "", true, "a bare acknowledgement is sent"},
		AtTurn:         {"turn", "turn", Instant, false, "", true, "a monitor's turn found something to do"},
		AtWake:         {"wake", "wake", Instant, false, "", false, "sleepers on a futex are woken"},
	}
}

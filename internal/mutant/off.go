//go:build !nrkern_mutants

package mutant

// The faults. Each says what the mutant does.
const (
	LateCtail        = false // ctail is advanced after the effect can be read
	NoGeneration     = false // any published header makes a log entry live, also one of an earlier lap
	HeaderFirst      = false // the header of a log entry is written before its payload
	PlainReaderFlag  = false // a reader's flag is taken with a plain store
	PlainParking     = false // a sleeper announces itself with a plain store
	CreditPlusOne    = false // a channel's credit is one slot more than it is
	NoGate           = false // a reader does not wait for what was complete when it began
	ForgetThread     = false // the combiner hands out no result to the last thread of a batch
	ReclaimEarly     = false // a log slot is written anew one slot early
	NoSecondLook     = false // an attending thread does not look again after it has announced to sleep
	AckBeforeCopy    = false // a message is released before its data is copied
	FillingLate      = false // filling is set after the reservation
	FillingEarly     = false // filling is cleared before the headers are written
	SleepPastMonitor = false // a thread goes to sleep while another is at it, which may have delivered its answer and seen no sleeper
	RestPastCombiner = false // an attending thread goes to sleep while a thread is at it, which may have seen no sleeper
	WaitForNobody    = false // a combiner that found the log full waits for a replica that no longer holds it up
	CtailStored      = false // ctail is stored, not exchanged, and may go back
	LtailFirst       = false // a replica says that it has applied entries before ctail covers them
	StaleMinimum     = false // the ltails are not looked at again before a whole log was reserved
	LoseOverflow     = false // an operation that does not fit a batch is dropped from it for good
	DeliverEarly     = false // a batch's results are handed out before it is applied
	ReadUnlocked     = false // a read takes no reader lock
	SkipLastReader   = false // a writer does not wait for the last reader
	FlagStaysUp      = false // a reader that finds a writer waits with its flag up
	LockByStore      = false // the combiner lock is taken with a load and a store
	EnterAtOnce      = false // a sole thread does not look again at the bias after it has stored inside
	BiasKept         = false // who takes the combiner lock lets the thread go on that may enter without it
	InsideUnseen     = false // who takes the combiner lock does not look whether that thread is inside
	NoHeavyFence     = false // the heavy fence leaves the store buffers of others as they are
	FirstHeaderFirst = false // the first header of a message is written before the others
	NoNumber         = false // any header makes a slot of a ring new, also one of an earlier lap
	AckAhead         = false // a channel acknowledges one slot more than it has taken
	NoFence          = false // a fence leaves the store buffer as it is
	WithdrawAnother  = false // a sleeper that was rung for takes another's announcement with it
	RingUncounted    = false // a ring ends the announcements and wakes nobody
	QueueUnlinked    = false // a queue lock is given up while a successor is about to name itself
	PastLockedShards = false // a node executes an operation at once, while a transaction has its shard locked
	LeaveWaiting     = false // the end of a transaction does not start what waited for its shards
	ReadUnagreed     = false // a read does not wait for what its copy has prepared
	SpeakForOthers   = false // a node acknowledges for the nodes below it what only it has prepared
	ScanInTurn       = false // a read of several shards reads while one of them is shut
	LockUndrained    = false // a coordinator locks shards while what it ordered on them is not committed
	UnlockAnothers   = false // an applied operation unlocks the shards of a later one of the same caller
	FenceMembers     = false // a recovery does not wait for what a node that was passed over is filling
	ReadAway         = false // a replica applies what it read from the log after it was passed over
	LateSpan         = false // an operation over several logs advances the ctail of the first alone: those of the others cover it when its effect has long been read
	UseMarked        = false // a capability that is under a mark is used like any other
)

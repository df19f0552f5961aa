//go:build !nrkern_mutants

package mutant

// The faults. Each says what the mutant does.
const (
	LateCtail       = false // ctail is advanced after the effect can be read
	NoGeneration    = false // any published header makes a log entry live, also one of an earlier lap
	HeaderFirst     = false // the header of a log entry is written before its payload
	PlainReaderFlag = false // a reader's flag is taken with a plain store
	PlainParking    = false // a sleeper announces itself with a plain store
	CreditPlusOne   = false // a channel's credit is one slot more than it is
	NoGate          = false // a reader does not wait for what was complete when it began
	ForgetThread    = false // the combiner hands out no result to the last thread of a batch
	ReclaimEarly    = false // a log slot is written anew one slot early
	NoSecondLook    = false // an attending thread does not look again after it has announced to sleep
	AckBeforeCopy   = false // a message is released before its data is copied
	FillingLate     = false // filling is set after the reservation
	FillingEarly    = false // filling is cleared before the headers are written
)

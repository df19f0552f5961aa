//go:build nrkern_mutants

package mutant

import "fmt"

// The faults, as in off.go, where each is explained.
var (
	LateCtail        bool
	NoGeneration     bool
	HeaderFirst      bool
	PlainReaderFlag  bool
	PlainParking     bool
	CreditPlusOne    bool
	NoGate           bool
	ForgetThread     bool
	ReclaimEarly     bool
	NoSecondLook     bool
	AckBeforeCopy    bool
	FillingLate      bool
	FillingEarly     bool
	SleepPastMonitor bool
	RestPastCombiner bool
	WaitForNobody    bool
	CtailStored      bool
	LtailFirst       bool
	StaleMinimum     bool
	LoseOverflow     bool
	DeliverEarly     bool
	ReadUnlocked     bool
	SkipLastReader   bool
	FlagStaysUp      bool
	LockByStore      bool
	EnterAtOnce      bool
	BiasKept         bool
	InsideUnseen     bool
	NoHeavyFence     bool
	FirstHeaderFirst bool
	NoNumber         bool
	AckAhead         bool
	NoFence          bool
	WithdrawAnother  bool
	RingUncounted    bool
	QueueUnlinked    bool
	PastLockedShards bool
	LeaveWaiting     bool
	ReadUnagreed     bool
	SpeakForOthers   bool
	ScanInTurn       bool
	LockUndrained    bool
	UnlockAnothers   bool
	FenceMembers     bool
	ReadAway         bool
	LateSpan         bool
	UseMarked        bool
)

// all is every fault, in the order of off.go, under the name tests print.
var all = []struct {
	name string
	on   *bool
}{
	{"late-ctail", &LateCtail},
	{"no-generation", &NoGeneration},
	{"header-first", &HeaderFirst},
	{"plain-reader-flag", &PlainReaderFlag},
	{"plain-parking", &PlainParking},
	{"credit-plus-one", &CreditPlusOne},
	{"no-gate", &NoGate},
	{"forget-thread", &ForgetThread},
	{"reclaim-early", &ReclaimEarly},
	{"no-second-look", &NoSecondLook},
	{"ack-before-copy", &AckBeforeCopy},
	{"filling-late", &FillingLate},
	{"filling-early", &FillingEarly},
	{"sleep-past-monitor", &SleepPastMonitor},
	{"rest-past-combiner", &RestPastCombiner},
	{"wait-for-nobody", &WaitForNobody},
	{"ctail-stored", &CtailStored},
	{"ltail-first", &LtailFirst},
	{"stale-minimum", &StaleMinimum},
	{"lose-overflow", &LoseOverflow},
	{"deliver-early", &DeliverEarly},
	{"read-unlocked", &ReadUnlocked},
	{"skip-last-reader", &SkipLastReader},
	{"flag-stays-up", &FlagStaysUp},
	{"lock-by-store", &LockByStore},
	{"enter-at-once", &EnterAtOnce},
	{"bias-kept", &BiasKept},
	{"inside-unseen", &InsideUnseen},
	{"no-heavy-fence", &NoHeavyFence},
	{"first-header-first", &FirstHeaderFirst},
	{"no-number", &NoNumber},
	{"ack-ahead", &AckAhead},
	{"no-fence", &NoFence},
	{"withdraw-another", &WithdrawAnother},
	{"ring-uncounted", &RingUncounted},
	{"queue-unlinked", &QueueUnlinked},
	{"past-locked-shards", &PastLockedShards},
	{"leave-waiting", &LeaveWaiting},
	{"read-unagreed", &ReadUnagreed},
	{"speak-for-others", &SpeakForOthers},
	{"scan-in-turn", &ScanInTurn},
	{"lock-undrained", &LockUndrained},
	{"unlock-anothers", &UnlockAnothers},
	{"fence-members", &FenceMembers},
	{"read-away", &ReadAway},
	{"late-span", &LateSpan},
	{"use-marked", &UseMarked},
}

// Names returns the names of all faults.
func Names() []string {
	var names []string
	for _, f := range all {
		names = append(names, f.name)
	}
	return names
}

// Select switches one fault on and all others off; no name switches all off.
func Select(name string) error {
	known := name == ""
	for _, f := range all {
		*f.on = f.name == name
		known = known || *f.on
	}
	if !known {
		return fmt.Errorf("no mutant %q", name)
	}
	return nil
}

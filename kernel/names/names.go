package names

import "github.com/nrkern/nrkern/kernel"

const (
	// DefaultMaxNames is the limit on names where Options names none.
	DefaultMaxNames = 1 << 20
	// DefaultMaxBytes is the limit on bytes where Options names none: 256 MiB.
	DefaultMaxBytes = 256 << 20
)

// Options are the limits of an instance. All replicas must have the same.
type Options struct {
	// MaxNames bounds the names that have anything; 0 means DefaultMaxNames.
	MaxNames uint64
	// MaxBytes bounds the sum of the lengths of names, records and messages that
	// wait; 0 means DefaultMaxBytes.
	MaxBytes uint64
}

func (o Options) withDefaults() Options {
	if o.MaxNames == 0 {
		o.MaxNames = DefaultMaxNames
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

// Names is an instance of the service.
type Names struct {
	_      [128]byte // replicas of one process write their counts on lines of their own
	limits Options
	shards [shards]shard
	names  uint64
	bytes  uint64
	_      [128]byte
}

var _ kernel.Spanning = (*Names)(nil)

// New returns an empty instance.
func New(o Options) *Names { return &Names{limits: o.withDefaults()} }

const shards = 256

// Shards returns 256.
func (s *Names) Shards() int { return shards }

// Shard returns the shard of the operation's name, or kernel.AllShards.
func (s *Names) Shard(op *kernel.Op) int {
	switch op.Code {
	case CodeList, CodeCount, CodeExpire:
		return kernel.AllShards
	}
	return shardOf(nameOf(op))
}

func shardOf(name []byte) int { return int(hash(name) >> 56) }

// hash is FNV-1a, mixed so that its first bits depend on all.
func hash(data []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, b := range data {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	return mix(h)
}

// mix is a permutation in which every bit depends on all (the finaliser of
// splitmix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Apply executes an operation that changes state.
func (s *Names) Apply(op *kernel.Op, res *kernel.Result) {
	res.Reset()
	if op.Code == CodeExpire {
		s.expire(op.Args[0], op.Args[1], res)
		return
	}
	name := nameOf(op)
	if !validName(name) {
		res.Status = kernel.StatusInvalid
		return
	}
	sh := &s.shards[shardOf(name)]
	e := sh.find(name)
	before := e.size()
	created := e == nil
	if created {
		e = &entry{name: string(name)}
	}
	s.change(op, sh, e, res)
	s.settle(sh, e, created, before)
}

// change does what an operation asks with an entry, which may be a new one, and
// then becomes one of the shard if there is anything in it.
func (s *Names) change(op *kernel.Op, sh *shard, e *entry, res *kernel.Result) {
	session := op.Args[0]
	if res.Status = s.room(op, e); res.Status != kernel.StatusOK {
		return
	}
	switch op.Code {
	case CodeSet:
		_, record, _ := cutName(op.Data)
		e.set(sh, session, op.Args[1], Mode(op.Args[2]), record, res)
	case CodeDelete:
		e.delete(op.Args[1], res)
	case CodeLock:
		e.take(sh, session, op.Args[1] != 0, res)
	case CodeUnlock:
		e.release(sh, session, res)
	case CodeEnter:
		e.enter(sh, session, op.Args[1], res)
	case CodeLeave:
		e.leave(session, res)
	case CodeSubscribe:
		e.subscribe(session, op.Args[1], res)
	case CodeUnsubscribe:
		e.unsubscribe(session, res)
	case CodePublish:
		_, message, _ := cutName(op.Data)
		e.publish(sh, message, res)
	case CodeReceive:
		e.receive(session, op.Args[1], res)
	default:
		res.Status = kernel.StatusInvalid
	}
}

// room answers StatusFull if an operation may take more than the limits leave. It
// is judged before by the most that it can take, so that it is a function of the
// sums alone.
func (s *Names) room(op *kernel.Op, e *entry) kernel.Status {
	switch op.Code {
	case CodeSet, CodeLock, CodeEnter, CodeSubscribe:
		if e.empty() && s.names >= s.limits.MaxNames || s.bytes+uint64(len(op.Data)) > s.limits.MaxBytes {
			return kernel.StatusFull
		}
	case CodePublish:
		if e.topic != nil && s.bytes+uint64(len(op.Data)*len(e.topic.boxes)) > s.limits.MaxBytes {
			return kernel.StatusFull
		}
	}
	return kernel.StatusOK
}

// settle counts what has become of an entry, and forgets an empty one.
func (s *Names) settle(sh *shard, e *entry, created bool, before uint64) {
	gone := e.empty()
	switch {
	case created && !gone:
		sh.insert(e)
		s.names++
	case !created && gone:
		sh.remove(e.name)
		s.names--
	}
	s.bytes -= before
	if !gone {
		s.bytes += e.size()
	}
}

// Query executes an operation that only reads.
func (s *Names) Query(op *kernel.Op, res *kernel.Result) {
	res.Reset()
	switch op.Code {
	case CodeList:
		s.list(op, res)
		return
	case CodeCount:
		res.Value = s.names
		return
	case CodeGet, CodeWait, CodeLocked, CodeHolder, CodeEntered, CodePeek:
	default:
		res.Status = kernel.StatusInvalid
		return
	}
	sh := &s.shards[shardOf(op.Data)]
	e := sh.find(op.Data)
	session := op.Args[0]
	switch op.Code {
	case CodeGet:
		e.get(res)
	case CodeWait:
		if e.get(res); res.Status != kernel.StatusOK || res.Value <= op.Args[1] {
			res.Reset()
			res.Status = kernel.StatusAgain
		}
	case CodeLocked:
		e.locked(session, res)
	case CodeHolder:
		e.holder(res)
	case CodeEntered:
		e.entered(sh, session, op.Args[1], res)
	case CodePeek:
		e.peek(session, op.Args[1], res)
	}
}

// Check answers StatusInvalid for an operation that this service does not have, or
// that is outside of its limits.
func Check(op *kernel.Op) kernel.Status {
	if !wellFormed(op) {
		return kernel.StatusInvalid
	}
	return kernel.StatusOK
}

func wellFormed(op *kernel.Op) bool {
	a := op.Args
	switch op.Code {
	case CodeList:
		return a[0] >= 1 && a[0] <= MaxPage && new(question).parse(op.Data)
	case CodeCount:
		return len(op.Data) == 0
	case CodeExpire:
		return len(op.Data) == 0 && a[0] > 0 && a[0] <= a[1]
	case CodeSet:
		_, record, ok := cutName(op.Data)
		return ok && validName(nameOf(op)) && validRecord(record) && Mode(a[2]) <= Fenced
	case CodePublish:
		_, message, ok := cutName(op.Data)
		return ok && validName(nameOf(op)) && len(message) <= MaxMessage
	}
	if !validName(op.Data) {
		return false
	}
	switch op.Code {
	case CodeDelete, CodeGet, CodeWait, CodeHolder:
		return true
	case CodeLock, CodeUnlock, CodeLeave, CodeUnsubscribe, CodeReceive, CodeLocked, CodeEntered, CodePeek:
		return a[0] != 0
	case CodeEnter:
		return a[0] != 0 && a[1] >= 1 && a[1] <= MaxBarrier
	case CodeSubscribe:
		return a[0] != 0 && a[1] <= MaxMailbox
	}
	return false
}

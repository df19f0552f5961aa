package check

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/workload"
)

// HistorySpec describes a history.
type HistorySpec struct {
	// Clients is the number of threads that record it, in all processes.
	Clients int `json:"clients"`
	// Operations is the number of each client.
	Operations int `json:"operations"`
	// Keys is the number of keys: Base, Base+1, ... The fewer, the more
	// contention. They must be missing when the history begins. A client keeps
	// fewer operations outstanding on one key than its window has, where the
	// judge could not try the orders of so many.
	Keys uint64 `json:"keys"`
	Base uint64 `json:"base"`
	// Window is the largest number of operations that a client has outstanding.
	// It uses from one to as many.
	Window int `json:"window"`
	// DataMax is the length of the longest byte value; 0 means words only.
	DataMax int `json:"data_max_bytes"`
	// Many is how often, in percent, an operation is over several keys: put-many
	// and scan; and size where Alone says that the machine holds no other key.
	Many  int  `json:"many_percent"`
	Alone bool `json:"alone"`
	// Yield is how often, in percent of operations, a client gives up its CPU
	// while operations are outstanding: it lets threads that share a CPU overlap.
	Yield int `json:"yield_percent"`
	// Seed chooses the operations. What they answer, and which are outstanding
	// together, depends on the schedule.
	Seed uint64 `json:"seed"`
}

// Validate returns an error that names what is out of range.
func (s HistorySpec) Validate() error {
	for _, c := range []struct {
		ok    bool
		name  string
		value any
		want  string
	}{
		{s.Clients >= 1 && s.Clients <= 1<<16, "clients", s.Clients, "1 to 65536"},
		{s.Operations >= 1 && s.Operations <= 1<<24, "operations", s.Operations, "1 to 16777216"},
		{s.Keys >= 1 && s.Keys <= 1<<20, "keys", s.Keys, "1 to 1048576"},
		{s.Window >= 1 && s.Window <= kernel.MaxWindow, "window", s.Window, fmt.Sprintf("1 to %d", kernel.MaxWindow)},
		{s.DataMax >= 0 && s.DataMax <= kernel.MaxData, "data-max", s.DataMax, fmt.Sprintf("0 to %d", kernel.MaxData)},
		{s.Many >= 0 && s.Many <= 100, "many", s.Many, "0 to 100 (percent)"},
		{s.Yield >= 0 && s.Yield <= 100, "yield", s.Yield, "0 to 100 (percent)"},
	} {
		if !c.ok {
			return fmt.Errorf("%w: %s %v: want %s", ErrHistory, c.name, c.value, c.want)
		}
	}
	return nil
}

// judgeable is the number of operations outstanding on one key at one time that
// a history aims to stay within. The judge may have to try the orders of all
// subsets of them: 10 take it milliseconds, 20 a minute or for ever.
const judgeable = 10

// perKey returns how many operations a client may have outstanding on one key.
func (s HistorySpec) perKey() int { return max(1, judgeable/max(1, s.Clients)) }

// Record is one client, numbered from 0. It waits until all clients have come
// to ctl, a fresh Control that serves this history alone, and issues its
// operations. The port must have nothing outstanding. If the port fails, it
// returns the error and what it has, with the outstanding operations open: all
// of that belongs to the history.
func (s HistorySpec) Record(port kernel.Port, client int, ctl *workload.Control) ([]Entry, error) {
	r, err := s.NewRecorder(port, client, monotonic)
	if err != nil {
		return nil, err
	}
	ctl.Meet(s.Clients)
	err = r.Run()
	return r.entries, err
}

// Recorder is a client of a history whose clock is the caller's.
type Recorder struct {
	*generator
	port    kernel.Port
	now     func() int64
	entries []Entry
	on      map[uint64]int // operations outstanding on each key
	at      []int          // entry of each outstanding place
}

// NewRecorder returns a client that tells the time by now, which must grow
// with every call if several clients are to share it.
func (s HistorySpec) NewRecorder(port kernel.Port, client int, now func() int64) (*Recorder, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if n := len(port.Ops()); n < s.Window {
		return nil, fmt.Errorf("%w: client %d: window %d: its port was opened for %d", ErrHistory, client, s.Window, n)
	}
	return &Recorder{
		generator: s.newGenerator(client), port: port, now: now,
		entries: make([]Entry, 0, s.Operations),
		on:      make(map[uint64]int),
		at:      make([]int, s.Window),
	}, nil
}

// Run issues the operations and returns when all are answered, or the port
// fails.
func (r *Recorder) Run() error {
	if err := r.record(); err != nil {
		return fmt.Errorf("client %d: %w", r.client, err)
	}
	return nil
}

// Entries returns what was recorded so far, open operations included.
func (r *Recorder) Entries() []Entry { return r.entries }

// generator makes the random operations of one client.
type generator struct {
	spec   HistorySpec
	client int
	random workload.Random
	// seen is the last word that the client learned of each key.
	seen   map[uint64]uint64
	unique uint64
}

func (s HistorySpec) newGenerator(client int) *generator {
	return &generator{
		spec: s, client: client, random: workload.NewRandom(s.Seed, uint64(client)),
		seen: make(map[uint64]uint64),
	}
}

// record issues the operations in bursts of random size, one after the other
// as places of the window come free.
func (r *Recorder) record() error {
	var free []int
	for i := range r.at {
		free = append(free, i)
	}
	for len(r.entries) < r.spec.Operations || len(free) < len(r.at) {
		burst := int(r.random.Below(uint64(len(free)) + 1))
		for range min(burst, r.spec.Operations-len(r.entries)) {
			key, ok := r.key()
			if !ok {
				break
			}
			place := free[len(free)-1]
			free = free[:len(free)-1]
			r.start(place, key)
		}
		if len(free) == len(r.at) {
			continue
		}
		if r.spec.Yield > 0 && r.random.Below(100) < uint64(r.spec.Yield) {
			runtime.Gosched()
		}
		place, err := r.port.Next()
		if err != nil {
			return err
		}
		r.collect(place)
		free = append(free, place)
	}
	return nil
}

// key returns a random key, or the next one that has not too much outstanding,
// or false if all have.
func (r *Recorder) key() (uint64, bool) {
	first := r.random.Below(r.spec.Keys)
	for i := range r.spec.Keys {
		if key := r.spec.Base + (first+i)%r.spec.Keys; r.on[key] < r.spec.perKey() {
			return key, true
		}
	}
	return 0, false
}

func (r *Recorder) start(place int, key uint64) {
	op := r.operation(key)
	r.on[op.Args[0]]++ // what is over several keys counts as one on some key
	r.port.Ops()[place] = op
	r.at[place] = len(r.entries)
	r.entries = append(r.entries, Entry{
		Client: r.client, Place: place,
		Code: op.Code, Key: op.Args[0], Words: [2]uint64{op.Args[1], op.Args[2]}, Data: op.Data,
		Call: r.now(),
	})
	r.port.Start(place)
}

func (r *Recorder) collect(place int) {
	now := r.now()
	e, res := &r.entries[r.at[place]], &r.port.Results()[place]
	r.on[e.Key]--
	if res.Status == kernel.StatusLost {
		return
	}
	e.Return, e.Answered = now, true
	e.Status, e.Value = res.Status, res.Value
	e.Answer = append([]byte(nil), res.Data...)
	switch e.Code {
	case kv.CodePut, kv.CodeInsert, kv.CodeCompareAndSwap:
		if e.Status == kernel.StatusOK {
			r.seen[e.Key] = e.Words[0]
			if e.Code == kv.CodeCompareAndSwap {
				r.seen[e.Key] = e.Words[1]
			}
			return
		}
		fallthrough
	case kv.CodeGet, kv.CodeAdd:
		if e.Value != 0 {
			r.seen[e.Key] = e.Value
		}
	}
}

// operation returns a random operation on a key, or over several keys. Every
// value written is unique, so that a read tells which write it saw.
func (r *generator) operation(key uint64) kernel.Op {
	if many := r.spec.Many; many > 0 && r.random.Below(100) < uint64(many) {
		return r.overSeveral()
	}
	switch n := r.random.Below(100); {
	case n < 30:
		return kv.Get(key)
	case n < 38:
		return kv.GetAny(key)
	case n < 52:
		return kv.Put(key, r.word())
	case n < 60:
		return kv.Delete(key)
	case n < 68:
		return kv.Insert(key, r.word())
	case n < 80:
		old := r.seen[key]
		if r.random.Below(8) == 0 {
			old++ // nobody's
		}
		return kv.CompareAndSwap(key, old, r.word())
	case n < 90 || r.spec.DataMax == 0:
		return kv.Add(key, 1+r.random.Below(200))
	case n < 97:
		return kv.PutBytes(key, r.bytes())
	default:
		return kv.GetBytes(key)
	}
}

// overSeveral returns a random operation over several keys.
func (r *generator) overSeveral() kernel.Op {
	s := &r.spec
	switch n := r.random.Below(100); {
	case n < 50:
		var data []byte
		for range 1 + r.random.Below(min(s.Keys+1, kv.MaxPairs)) {
			data = kv.AppendPairs(data, kv.Pair{Key: s.Base + r.random.Below(s.Keys), Word: r.word()})
		}
		return kv.PutMany(data)
	case n < 60 && s.Alone:
		return kv.Size()
	default:
		first := s.Base + r.random.Below(s.Keys)
		return kv.Scan(first, first+r.random.Below(s.Keys), 1+int(r.random.Below(kv.MaxPairs)))
	}
}

// word returns a word that no other client and no other operation writes, with
// room below for additions.
func (r *generator) word() uint64 {
	r.unique++
	return uint64(r.client+1)<<44 | r.unique<<16
}

// bytes returns a byte string that begins with a unique word, if long enough.
func (r *generator) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(nil, r.word())
	for n := int(r.random.Below(uint64(r.spec.DataMax) + 1)); len(b) < n; {
		b = binary.LittleEndian.AppendUint64(b, r.random.Next())
	}
	return b[:min(len(b), r.spec.DataMax)]
}

package names

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nrkern/nrkern/kernel"
)

// model is the specification: what the package doc says, a thing at a time, over
// maps from names.
type model struct {
	tick    map[int]uint64 // by shard
	records map[string]*modelRecord
	locks   map[string][]uint64 // the holder, then who waits
	tokens  map[string]uint64
	gates   map[string]*modelGate
	boxes   map[string]map[uint64]*modelBox
	opened  int
}

type modelRecord struct {
	Record
	session, fence uint64
}

type modelGate struct {
	need, ticket uint64
	inside       map[uint64]bool
}

type modelBox struct {
	order      int
	size, lost uint64
	left       []Message
}

func newModel() *model {
	return &model{
		map[int]uint64{},
		map[string]*modelRecord{},
		map[string][]uint64{},
		map[string]uint64{},
		map[string]*modelGate{},
		map[string]map[uint64]*modelBox{},
		0,
	}
}

func (m *model) next(name string) uint64 {
	m.tick[shardOf([]byte(name))]++
	return m.tick[shardOf([]byte(name))]
}

func status(s kernel.Status, value uint64) kernel.Result {
	return kernel.Result{Status: s, Value: value}
}

func number64(list ...uint64) (data []byte) {
	for _, w := range list {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return data
}

func (m *model) run(op *kernel.Op) kernel.Result {
	name, session, arg := string(nameOf(op)), op.Args[0], op.Args[1]
	switch op.Code {
	case CodeSet:
		return m.set(op, name)
	case CodeDelete:
		r := m.records[name]
		switch {
		case r == nil:
			return status(kernel.StatusNotFound, 0)
		case arg != 0 && arg != r.Version:
			return status(kernel.StatusMismatch, r.Version)
		}
		delete(m.records, name)
		return kernel.Result{}
	case CodeGet, CodeWait:
		r := m.records[name]
		if op.Code == CodeWait && (r == nil || r.Version <= arg) {
			return status(kernel.StatusAgain, 0)
		}
		if r == nil {
			return status(kernel.StatusNotFound, 0)
		}
		set := Set(name, r.Value, r.Attributes)
		return kernel.Result{Value: r.Version, Data: set.Data[1+len(name):]}
	case CodeList:
		return m.list(op)
	case CodeCount:
		all := map[string]bool{}
		for n := range m.records {
			all[n] = true
		}
		for n := range m.locks {
			all[n] = true
		}
		for n := range m.gates {
			all[n] = true
		}
		for n := range m.boxes {
			all[n] = true
		}
		return status(kernel.StatusOK, uint64(len(all)))
	case CodeExpire:
		return m.expire(session, arg)
	case CodeLock, CodeLocked, CodeHolder, CodeUnlock:
		return m.lock(op, name)
	case CodeEnter, CodeEntered, CodeLeave:
		return m.barrier(op, name)
	}
	return m.topic(op, name)
}

func (m *model) set(op *kernel.Op, name string) kernel.Result {
	r, with, mode := m.records[name], op.Args[1], Mode(op.Args[2])
	fresh := &modelRecord{session: op.Args[0]}
	if r != nil {
		fresh.fence = r.fence
	}
	switch mode {
	case IfNew:
		if r != nil {
			return status(kernel.StatusExists, r.Version)
		}
	case IfVersion:
		if r == nil {
			return status(kernel.StatusNotFound, 0)
		}
		if r.Version != with {
			return status(kernel.StatusMismatch, r.Version)
		}
	case Fenced:
		if with < fresh.fence {
			return status(kernel.StatusMismatch, fresh.fence)
		}
		fresh.fence = with
	}
	_, record, _ := cutName(op.Data)
	decoded, err := DecodeRecord(&kernel.Result{Data: record})
	if err != nil {
		panic(err)
	}
	fresh.Record = decoded
	fresh.Version = m.next(name)
	m.records[name] = fresh
	return status(kernel.StatusOK, fresh.Version)
}

func (m *model) list(op *kernel.Op) kernel.Result {
	q := new(question)
	q.parse(op.Data)
	var res kernel.Result
	for _, name := range slices.Sorted(maps.Keys(m.records)) {
		if name <= q.after || res.Value == op.Args[0] || !matchSlowly(q.pattern, name) {
			continue
		}
		ok := true
		for _, c := range q.where[:q.conditions] {
			v, has := m.records[name].Attributes[c.Key]
			n, err := strconv.Atoi(v)
			want, _ := strconv.Atoi(c.Value)
			ok = ok && map[Comparison]bool{
				Has: has, Equal: has && v == c.Value, NotEqual: !has || v != c.Value,
				Less: err == nil && n < want, GreaterEqual: err == nil && n >= want,
			}[c.Is]
		}
		if ok {
			res.Value++
			res.Data = appendName(res.Data, name)
		}
	}
	return res
}

// matchSlowly tries all that a star can stand for.
func matchSlowly(pattern, name string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '*':
		for i := range len(name) + 1 {
			if matchSlowly(pattern[1:], name[i:]) {
				return true
			}
		}
		return false
	case name == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == name[0]) && matchSlowly(pattern[1:], name[1:])
}

func (m *model) lock(op *kernel.Op, name string) kernel.Result {
	queue, session := m.locks[name], op.Args[0]
	place := slices.Index(queue, session)
	where := func(missing kernel.Result) kernel.Result {
		switch place {
		case -1:
			return missing
		case 0:
			return status(kernel.StatusOK, m.tokens[name])
		}
		return status(kernel.StatusAgain, uint64(place))
	}
	switch op.Code {
	case CodeLock:
		if len(queue) == 0 {
			m.locks[name], m.tokens[name] = []uint64{session}, m.next(name)
			return status(kernel.StatusOK, m.tokens[name])
		}
		if place < 0 && op.Args[1] == 1 {
			return status(kernel.StatusExists, queue[0])
		}
		if place < 0 {
			m.locks[name], place = append(queue, session), len(queue)
		}
		return where(kernel.Result{})
	case CodeLocked:
		return where(status(kernel.StatusNotFound, 0))
	case CodeHolder:
		if len(queue) == 0 {
			return status(kernel.StatusNotFound, 0)
		}
		return kernel.Result{Value: queue[0], Data: number64(m.tokens[name], uint64(len(queue)-1))}
	}
	switch {
	case len(queue) == 0:
		return status(kernel.StatusNotFound, 0)
	case place < 0:
		return status(kernel.StatusMismatch, queue[0])
	}
	m.unlock(name, place)
	return kernel.Result{}
}

func (m *model) unlock(name string, place int) {
	m.locks[name] = slices.Delete(m.locks[name], place, place+1)
	if len(m.locks[name]) == 0 {
		delete(m.locks, name)
	} else if place == 0 {
		m.tokens[name] = m.next(name)
	}
}

func (m *model) barrier(op *kernel.Op, name string) kernel.Result {
	g, session := m.gates[name], op.Args[0]
	switch op.Code {
	case CodeEnter:
		if g == nil {
			g = &modelGate{ticket: m.next(name), inside: map[uint64]bool{}}
			m.gates[name] = g
		}
		if len(g.inside) == 0 {
			g.need = op.Args[1]
		}
		if g.need != op.Args[1] {
			return status(kernel.StatusMismatch, g.need)
		}
		g.inside[session] = true
		if uint64(len(g.inside)) == g.need {
			delete(m.gates, name)
			return status(kernel.StatusOK, g.ticket)
		}
		return kernel.Result{Status: kernel.StatusAgain, Value: g.ticket, Data: number64(uint64(len(g.inside)))}
	case CodeEntered:
		ticket := op.Args[1]
		switch {
		case ticket == 0 || ticket > m.tick[shardOf([]byte(name))]:
			return status(kernel.StatusNotFound, 0)
		case g == nil || g.ticket != ticket:
			return status(kernel.StatusOK, ticket)
		case g.inside[session]:
			return kernel.Result{Status: kernel.StatusAgain, Value: ticket, Data: number64(uint64(len(g.inside)))}
		}
		return status(kernel.StatusNotFound, 0)
	}
	if g == nil || !g.inside[session] {
		return status(kernel.StatusNotFound, 0)
	}
	delete(g.inside, session)
	return kernel.Result{}
}

func (m *model) topic(op *kernel.Op, name string) kernel.Result {
	boxes, session, arg := m.boxes[name], op.Args[0], op.Args[1]
	b := boxes[session]
	switch op.Code {
	case CodeSubscribe:
		if b != nil {
			return status(kernel.StatusExists, 0)
		}
		if boxes == nil {
			m.boxes[name] = map[uint64]*modelBox{}
		}
		if arg == 0 {
			arg = DefaultMailbox
		}
		m.opened++
		m.boxes[name][session] = &modelBox{order: m.opened, size: arg}
		return kernel.Result{}
	case CodePublish:
		_, text, _ := cutName(op.Data)
		number, n := m.next(name), uint64(0)
		for _, b := range boxes {
			if uint64(len(b.left)) == b.size {
				b.lost++
				continue
			}
			n++
			b.left = append(b.left, Message{Number: number, Text: bytes.Clone(text)})
		}
		return status(kernel.StatusOK, n)
	}
	if b == nil {
		return status(kernel.StatusNotFound, 0)
	}
	switch op.Code {
	case CodeUnsubscribe:
		m.close(name, session)
		return kernel.Result{}
	case CodeReceive:
		b.left = slices.DeleteFunc(b.left, func(msg Message) bool { return msg.Number <= arg })
	}
	for _, msg := range b.left {
		if msg.Number > arg {
			return kernel.Result{Value: msg.Number, Data: append(number64(b.lost), msg.Text...)}
		}
	}
	return status(kernel.StatusAgain, 0)
}

func (m *model) close(name string, session uint64) {
	delete(m.boxes[name], session)
	if len(m.boxes[name]) == 0 {
		delete(m.boxes, name)
	}
}

// expire lets go in the order of names, and of a lock's queue from its end.
func (m *model) expire(first, last uint64) kernel.Result {
	var n uint64
	in := func(session uint64) bool { return session >= first && session <= last }
	for name, r := range m.records {
		if in(r.session) {
			delete(m.records, name)
			n++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.locks)) {
		for place := len(m.locks[name]) - 1; place >= 0; place-- {
			if in(m.locks[name][place]) {
				m.unlock(name, place)
				n++
			}
		}
	}
	for _, g := range m.gates {
		for session := range g.inside {
			if in(session) {
				delete(g.inside, session)
				n++
			}
		}
	}
	for name, boxes := range m.boxes {
		for session := range boxes {
			if in(session) {
				m.close(name, session)
				n++
			}
		}
	}
	return status(kernel.StatusOK, n)
}

// pair is the service and its model, which are given the same operations.
type pair struct {
	s    *Names
	m    *model
	last uint64
	n    int
	seen map[kernel.Code]map[kernel.Status]bool
}

func newPair() *pair {
	return &pair{s: New(Options{}), m: newModel(), seen: map[kernel.Code]map[kernel.Status]bool{}}
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// step gives both the next operation, drawn by below.
func (p *pair) step(t fataler, below func(n uint64) uint64) {
	t.Helper()
	op := Draw(below, p.last)
	res := &kernel.NewResults(1)[0]
	if got := Check(&op); got != kernel.StatusOK {
		t.Fatalf("%s: %v", Called(op.Code), got)
	}
	if op.Code.IsQuery() {
		p.s.Query(&op, res)
	} else {
		p.s.Apply(&op, res)
	}
	want := p.m.run(&op)
	if res.Status != want.Status || res.Value != want.Value || !bytes.Equal(res.Data, want.Data) {
		t.Fatalf("operation %d, %s %v %q: got %v, %d, %q; want %v, %d, %q", p.n, Called(op.Code), op.Args[:3], op.Data,
			res.Status, res.Value, res.Data, want.Status, want.Value, want.Data)
	}
	if text := Format(&op, res); text == "" || strings.Contains(text, "this version") {
		t.Fatalf("%s: %q", Called(op.Code), text)
	}
	if res.Value != 0 {
		p.last = res.Value
	}
	if p.seen[op.Code] == nil {
		p.seen[op.Code] = map[kernel.Status]bool{}
	}
	p.seen[op.Code][res.Status] = true
	if p.n%16 == 0 {
		p.s = again(t, p.s)
	}
	p.n++
}

// TestModel compares with the model, through snapshots too.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair()
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			p.step(t, func(n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(t, "choice") })
		}
	})
}

// TestModelLong compares over long histories, which come to every answer there is.
func TestModelLong(t *testing.T) {
	p := newPair()
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		p.step(t, random.Uint64N)
	}
	for code, want := range map[kernel.Code][]kernel.Status{
		CodeSet:    {kernel.StatusOK, kernel.StatusExists, kernel.StatusMismatch, kernel.StatusNotFound},
		CodeDelete: {kernel.StatusOK, kernel.StatusMismatch, kernel.StatusNotFound},
		CodeWait:   {kernel.StatusOK, kernel.StatusAgain}, CodeLock: {kernel.StatusOK, kernel.StatusAgain, kernel.StatusExists},
		CodeLocked: {kernel.StatusOK, kernel.StatusAgain, kernel.StatusNotFound}, CodeUnlock: {kernel.StatusOK, kernel.StatusMismatch, kernel.StatusNotFound},
		CodeEnter: {kernel.StatusOK, kernel.StatusAgain, kernel.StatusMismatch}, CodeEntered: {kernel.StatusOK, kernel.StatusAgain},
		CodeLeave: {kernel.StatusOK, kernel.StatusNotFound}, CodeSubscribe: {kernel.StatusOK, kernel.StatusExists},
		CodePeek: {kernel.StatusOK, kernel.StatusAgain, kernel.StatusNotFound}, CodeReceive: {kernel.StatusOK, kernel.StatusAgain, kernel.StatusNotFound},
	} {
		for _, s := range want {
			if !p.seen[code][s] {
				t.Errorf("no %s answered %q", Called(code), s)
			}
		}
	}
}

// again returns a copy by snapshot, which is the same state.
func again(t fataler, s *Names) *Names {
	t.Helper()
	var b, c bytes.Buffer
	if err := s.Snapshot(&b); err != nil {
		t.Fatalf("%v", err)
	}
	copied := New(Options{})
	if err := copied.Restore(bytes.NewReader(b.Bytes())); err != nil {
		t.Fatalf("%v", err)
	}
	if err := copied.Snapshot(&c); err != nil {
		t.Fatalf("%v", err)
	}
	if !bytes.Equal(b.Bytes(), c.Bytes()) || copied.Digest() != s.Digest() || copied.names != s.names || copied.bytes != s.bytes {
		t.Fatalf("a state that was restored is another: digests %x and %x, names %d and %d, bytes %d and %d", copied.Digest(), s.Digest(), copied.names, s.names, copied.bytes, s.bytes)
	}
	return copied
}

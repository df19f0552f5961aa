package names

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"slices"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// port is a port to a service that is alone.
type port struct {
	ops     []kernel.Op
	results []kernel.Result
	table   *kernel.Table
}

func newPort(t *testing.T, o Options) *port {
	t.Helper()
	table, err := kernel.NewTable(o.Definition())
	if err != nil {
		t.Fatal(err)
	}
	return &port{make([]kernel.Op, 1), kernel.NewResults(1), table}
}

func (p *port) Ops() []kernel.Op         { return p.ops }
func (p *port) Results() []kernel.Result { return p.results }
func (p *port) Close() error             { return nil }
func (p *port) Next() (int, error)       { return 0, nil }
func (p *port) Start(int) {
	p.results[0].Reset()
	if p.results[0].Status = p.table.Check(&p.ops[0]); p.results[0].Status == kernel.StatusOK {
		p.table.Execute(&p.ops[0], &p.results[0])
	}
}

// TestClients: what programs do with it, each waiting for another.
func TestClients(t *testing.T) {
	p := newPort(t, Options{})
	one, two := Client{Port: p, Session: 1}, Client{Port: p, Session: 2}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// A client that waits lets another go on meanwhile, and gives up after a while.
	errTired := errors.New("tired")
	meanwhile := func(c Client, do func()) Client {
		pauses := 0
		c.Pause = func() error {
			if pauses++; pauses == 3 {
				do()
			}
			if pauses > 5 {
				return errTired
			}
			return nil
		}
		return c
	}
	r, err := meanwhile(two, func() {
		_, err := one.Set("serial.0", []byte("node 1"), Attributes{"speed": "115200"})
		must(err)
	}).Wait("serial.0", 0)
	if err != nil || string(r.Value) != "node 1" || r.Attributes["speed"] != "115200" {
		t.Errorf("wait: %+v, %v", r, err)
	}
	if r2, err := meanwhile(two, func() { _, err = one.Set("serial.0", []byte("node 2"), nil); must(err) }).Wait("serial.0", r.Version); err != nil || string(r2.Value) != "node 2" {
		t.Errorf("wait for the next: %+v, %v", r2, err)
	}
	first, err := one.Lock("disk")
	must(err)
	second, err := meanwhile(two, func() { must(one.Unlock("disk")) }).Lock("disk")
	if err != nil || second <= first {
		t.Errorf("tokens %d, then %d (%v)", first, second, err)
	}
	_, err = one.SetFor(0, Fenced, second, "disk", []byte("by two"), nil)
	must(err)
	if _, err := one.SetFor(0, Fenced, first, "disk", []byte("by one, late"), nil); !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), "earlier holder") {
		t.Errorf("a late write: %v", err)
	}
	if _, err := meanwhile(one, func() {}).Lock("disk"); !errors.Is(err, errTired) {
		t.Errorf("a lock that is not given up: %v", err)
	}
	if session, waiting, err := two.Holder("disk"); session != 2 || waiting != 1 || err != nil {
		t.Errorf("holder: %d, %d wait, %v", session, waiting, err)
	}
	must(one.Unlock("disk")) // out of the queue
	if err := meanwhile(one, func() { must(two.Barrier("boot", 2)) }).Barrier("boot", 2); err != nil {
		t.Error(err)
	}
	must(two.Subscribe("news", 2))
	m, err := meanwhile(two, func() { _, err = one.Publish("news", []byte("first")); must(err) }).Receive("news", 0)
	if err != nil || string(m.Text) != "first" {
		t.Errorf("receive: %+v, %v", m, err)
	}
	for i, want := range []uint64{1, 0, 0} {
		if n, err := one.Publish("news", []byte{byte('a' + i)}); err != nil || n != want {
			t.Errorf("publish %d: %d mailboxes, %v", i, n, err)
		}
	}
	for _, want := range []string{"a", ""} {
		m, err = meanwhile(two, func() {}).Receive("news", m.Number)
		if want == "" && errors.Is(err, errTired) {
			break
		}
		if err != nil || string(m.Text) != want || m.Lost != 2 {
			t.Errorf("receive: %+v, %v", m, err)
		}
	}
	// Who dies lets go of all.
	_, err = two.SetFor(2, Always, 0, "alive", nil, nil)
	must(err)
	n, err := one.Expire(2, 2)
	if err != nil || n != 3 {
		t.Errorf("expire: %d, %v", n, err)
	}
	if _, err := one.TryLock("disk"); err != nil {
		t.Errorf("the lock of the dead one: %v", err)
	}
	if _, err := one.Get("alive"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the record of the dead one: %v", err)
	}
}

// TestListPages: more names than a page, in order, whatever their shards.
func TestListPages(t *testing.T) {
	p := newPort(t, Options{})
	c := Client{Port: p, Session: 1}
	var want []string
	for i := range 100 {
		name := fmt.Sprintf("node.%02d", i)
		if _, err := c.Set(name, nil, Attributes{"n": fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
		if i >= 10 {
			want = append(want, name)
		}
	}
	got, err := c.List("node.*", Condition{"n", GreaterEqual, "10"})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d names, %v: %v", len(got), err, got)
	}
}

// TestLimits: what is full says so, and leaves all as it was.
func TestLimits(t *testing.T) {
	p := newPort(t, Options{MaxNames: 2, MaxBytes: 100})
	c := Client{Port: p, Session: 1}
	for _, name := range []string{"a", "b"} {
		if _, err := c.Set(name, []byte("x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	before := p.table.Digest()
	for what, err := range map[string]error{
		"a third name":          func() error { _, err := c.Set("c", nil, nil); return err }(),
		"a lock of a third":     func() error { _, err := c.Lock("c"); return err }(),
		"a value that is long":  func() error { _, err := c.Set("a", make([]byte, 101), nil); return err }(),
		"a mailbox of a third ": c.Subscribe("c", 0),
	} {
		if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "delete some first") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if p.table.Digest() != before {
		t.Error("what was refused changed the state")
	}
	if err := c.Delete("a", 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Subscribe("c", 4); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Publish("c", make([]byte, 90)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Publish("c", make([]byte, 90)); !errors.Is(err, ErrFull) {
		t.Errorf("a second long message: %v", err)
	}
	// A queue has an end.
	many := newPort(t, Options{})
	for session := range uint64(MaxWaiting + 2) {
		res, err := kernel.Call(many, Lock("l", session+1))
		want := kernel.StatusAgain
		switch session {
		case 0:
			want = kernel.StatusOK
		case MaxWaiting + 1:
			want = kernel.StatusFull
		}
		if err != nil || res.Status != want {
			t.Errorf("session %d: %v, %v", session, res.Status, err)
		}
	}
}

// TestCheck refuses what is not within the limits.
func TestCheck(t *testing.T) {
	long := strings.Repeat("x", 600)
	tooMany := Attributes{}
	for i := range MaxAttributes + 1 {
		tooMany[fmt.Sprint(i)] = ""
	}
	for what, op := range map[string]kernel.Op{
		"no name": Set("", nil, nil), "a name with a space": Get("a b"), "a name with a star": Get("a*"), "a long name": Get(long[:64]),
		"a long value": Set("a", []byte(long), nil), "a long key": Set("a", nil, Attributes{long[:25]: ""}),
		"a key with a sign": Set("a", nil, Attributes{"a<b": ""}), "too many attributes": Set("a", nil, tooMany),
		"a long message": Publish("a", []byte(long)), "session 0": Lock("a", 0), "a barrier of none": Enter("a", 1, 0),
		"a barrier of many": Enter("a", 1, MaxBarrier+1), "a large mailbox": Subscribe("a", 1, MaxMailbox+1), "no page": List("*", "", 0),
		"a mode": SetFor(0, 4, 0, "a", nil, nil), "no number": List("*", "", 1, Condition{"a", Less, "b"}), "sessions backwards": Expire(2, 1),
		"an unknown code": {Service: ID, Code: 99, Data: []byte("a")},
	} {
		if Check(&op) != kernel.StatusInvalid {
			t.Errorf("%s is let pass", what)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]kernel.Op{
		"set a v":                             Set("a", []byte("v"), nil),
		"set a v x=1 new session 7 y=":        SetFor(7, IfNew, 0, "a", []byte("v"), Attributes{"x": "1", "y": ""}),
		"set a v version 3":                   SetFor(0, IfVersion, 3, "a", []byte("v"), nil),
		"set a v fence 0x10":                  SetFor(0, Fenced, 16, "a", []byte("v"), nil),
		"list":                                List("*", "", MaxPage),
		"list a* x>=3 y after b":              List("a*", "b", MaxPage, Condition{"x", GreaterEqual, "3"}, Condition{"y", Has, ""}),
		"enter b 3 session 4":                 Enter("b", 4, 3),
		"entered b ticket 9 session 4":        Entered("b", 4, 9),
		"receive t session 1 after 5":         Receive("t", 1, 5),
		"expire 4":                            Expire(4, 4),
		"lock version session 3":              Lock("version", 3),
		"subscribe t size 4 session 2":        Subscribe("t", 2, 4),
		"wait a version 18446744073709551615": Wait("a", 1<<64-1),
	} {
		got, err := Parse(strings.Fields(text))
		if err != nil || got.Code != want.Code || got.Args != want.Args || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s: %+v (%v), want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":                      "no operation given: say one of set, get",
		"put a":                 `no operation "put"`,
		"set a":                 "VALUE is missing: write set NAME VALUE",
		"set a v x":             `attribute "x"`,
		"set a v new fence 1":   "say one of",
		"lock a":                "session is missing or 0: write lock NAME session N",
		"lock a session x":      `session "x": want a whole number`,
		"lock a session":        "needs a number",
		"get a b":               `"b" is too much: write get NAME`,
		"get *":                 `NAME "*"`,
		"list * x<y":            "whole number",
		"enter a 300 session 1": "1 to 256",
		"expire 3 2":            "sessions 3 to 2",
	} {
		if _, err := Parse(strings.Fields(text)); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	// Usage has all operations, each with what it parses.
	for _, f := range forms() {
		if !strings.Contains(Usage, "\n"+f.name+" ") && !strings.HasPrefix(Usage, f.name+" ") {
			t.Errorf("Usage does not have %s", f.name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("set a v x=1 new session 7")
	f.Add("list a* x>=3 after b")
	f.Fuzz(func(t *testing.T, text string) {
		op, err := Parse(strings.Fields(text))
		if err != nil {
			if !errors.Is(err, ErrUsage) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		execute(t, New(Options{}), &op)
	})
}

// execute executes an operation that is let pass, and looks at the state after it.
func execute(t *testing.T, s *Names, op *kernel.Op) {
	t.Helper()
	if Check(op) != kernel.StatusOK {
		return
	}
	res := &kernel.NewResults(1)[0]
	if op.Code.IsQuery() {
		s.Query(op, res)
	} else {
		s.Apply(op, res)
	}
	if len(res.Data) > kernel.MaxData || res.Status == kernel.StatusInvalid {
		t.Errorf("%s: %v, %d bytes", Called(op.Code), res.Status, len(res.Data))
	}
	_ = Format(op, res)
	again(t, s)
}

// FuzzOperation: whatever a record holds, the service lives.
func FuzzOperation(f *testing.F) {
	for _, op := range []kernel.Op{Set("a", []byte("v"), Attributes{"x": "1"}), List("a*", "b", 3, Condition{"x", Less, "3"}), Publish("a", []byte("m")), Lock("a", 3)} {
		f.Add(byte(op.Code), op.Args[0], op.Args[1], op.Args[2], op.Data)
	}
	f.Fuzz(func(t *testing.T, code byte, a, b, c uint64, data []byte) {
		if len(data) > kernel.MaxData {
			return
		}
		s := New(Options{})
		set := Set("a", []byte("v"), Attributes{"x": "1"})
		execute(t, s, &set)
		execute(t, s, &kernel.Op{Service: ID, Code: kernel.Code(code), Args: [6]uint64{a, b, c}, Data: data})
	})
}

func FuzzRestore(f *testing.F) {
	s := New(Options{})
	for _, op := range []kernel.Op{
		SetFor(3, Fenced, 9, "a", []byte("v"), Attributes{"x": "1"}), Lock("a", 1), Lock("a", 2), Enter("b", 1, 3),
		Subscribe("t", 1, 2), Publish("t", []byte("m")), Publish("t", nil), Publish("t", nil),
	} {
		s.Apply(&op, &kernel.NewResults(1)[0])
	}
	var b bytes.Buffer
	if err := s.Snapshot(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes()[headerBytes : b.Len()-8])
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := appendWords([]byte(snapshotMagic), snapshotVersion, uint64(len(body)))
		whole = append(whole, body...)
		whole = binary.LittleEndian.AppendUint64(whole, crc64.Checksum(body, crc64.MakeTable(crc64.ECMA)))
		s := New(Options{})
		if err := s.Restore(bytes.NewReader(whole)); err != nil {
			if !errors.Is(err, ErrSnapshot) || s.Digest() != 0 {
				t.Errorf("%v, digest %x", err, s.Digest())
			}
			return
		}
		again(t, s)
	})
}

func TestRestoreRefuses(t *testing.T) {
	s := New(Options{})
	op := Set("a", []byte("v"), nil)
	s.Apply(&op, &kernel.NewResults(1)[0])
	var b bytes.Buffer
	if err := s.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for i := range whole {
		broken := bytes.Clone(whole)
		broken[i] ^= 4
		if err := New(Options{}).Restore(bytes.NewReader(broken)); !errors.Is(err, ErrSnapshot) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if err := New(Options{}).Restore(bytes.NewReader(whole[:i])); !errors.Is(err, ErrSnapshot) {
			t.Errorf("cut off at %d: %v", i, err)
		}
	}
	if err := (&Names{limits: Options{MaxNames: 0, MaxBytes: 1}}).Restore(bytes.NewReader(whole)); !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), "raise Options") {
		t.Errorf("more than the limits: %v", err)
	}
}

package caps

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// model is the specification: objects know what they were made of, and nothing is
// deduced from addresses.
type model struct {
	next    int
	objects map[int]*modelObject
	slots   map[[2]int]int // space and slot to object
}

type modelObject struct {
	Region
	parent, owner int // parent 0: the root
}

func (m *model) descends(id, of int) bool {
	for id != of && id != 0 {
		id = m.objects[id].parent
	}
	return id == of
}

// holders returns the spaces that have copies, in order.
func (m *model) holders(id int) (all []int) {
	for at, o := range m.slots {
		if o == id && !slices.Contains(all, at[0]) {
			all = append(all, at[0])
		}
	}
	slices.Sort(all)
	return all
}

// remove removes an object; what was made of it is of what it was made of.
func (m *model) remove(id int) {
	for _, o := range m.objects {
		if o.parent == id {
			o.parent = m.objects[id].parent
		}
	}
	delete(m.objects, id)
}

func (m *model) info(at [2]int) Info {
	o := m.objects[m.slots[at]]
	return Info{at[1], o.Region, o.owner == at[0]}
}

func (m *model) run(op *kernel.Op) (res kernel.Result) {
	p := PlacesOf(op)
	from := [2]int{p.Space, p.Slot}
	id := m.slots[from]
	fail := func(s kernel.Status) kernel.Result { return kernel.Result{Status: s} }
	switch op.Code {
	case CodeList:
		for slot := p.Slot; slot <= MaxSlot && res.Value < MaxPage; slot++ {
			if m.slots[[2]int{p.Space, slot}] != 0 {
				m.info([2]int{p.Space, slot}).Append(&res)
			}
		}
		return res
	case CodeCreate:
		return m.make(op, 0, Root(), p.Space, p.Slot)
	}
	if id == 0 {
		return fail(kernel.StatusNotFound)
	}
	o := m.objects[id]
	switch op.Code {
	case CodeIdentify:
		m.info(from).Answer(&res)
	case CodeRetype:
		return m.make(op, id, o.Region, p.Space, p.ToSlot)
	case CodeCopy:
		to := [2]int{p.ToSpace, p.ToSlot}
		if m.slots[to] != 0 {
			return fail(kernel.StatusExists)
		}
		m.slots[to] = id
	case CodeDelete:
		delete(m.slots, from)
		switch left := m.holders(id); {
		case len(left) == 0:
			m.remove(id)
		case !slices.Contains(left, o.owner):
			o.owner = left[0]
		}
	case CodeTransfer:
		if !slices.Contains(m.holders(id), p.ToSpace) {
			return fail(kernel.StatusMismatch)
		}
		o.owner = p.ToSpace
	case CodeRevoke:
		gone := map[int]bool{}
		for at, of := range m.slots {
			if at != from && m.descends(of, id) {
				gone[of] = true
				delete(m.slots, at)
				res.Value++
			}
		}
		for of := range gone {
			if of != id {
				m.remove(of)
			}
		}
		o.owner = p.Space
	}
	return res
}

func (m *model) make(op *kernel.Op, parent int, of Region, space, to int) kernel.Result {
	first, count := Making(op)
	allowed := map[Type][]Type{
		PhysAddr: {RAM, DevFrame}, RAM: {RAM, Frame, VNode, CNode, Dispatcher}, Frame: {Frame}, DevFrame: {DevFrame},
	}
	if !slices.Contains(allowed[of.Type], first.Type) || first.Type == of.Type && first.Bytes >= of.Bytes {
		return kernel.Result{Status: kernel.StatusWrongType}
	}
	if first.Base+first.Bytes*uint64(count) > of.Bytes {
		return kernel.Result{Status: kernel.StatusInvalid}
	}
	for id, o := range m.objects {
		for i := range uint64(count) {
			if low := of.Base + first.Base + i*first.Bytes; id != parent && m.descends(id, parent) && o.Covers(low, low+first.Bytes) {
				return kernel.Result{Status: kernel.StatusMismatch}
			}
		}
	}
	for i := range count {
		if m.slots[[2]int{space, to + i}] != 0 {
			return kernel.Result{Status: kernel.StatusExists}
		}
	}
	for i := range count {
		m.next++
		m.objects[m.next] = &modelObject{Region{first.Type, of.Base + first.Base + uint64(i)*first.Bytes, first.Bytes}, parent, space}
		m.slots[[2]int{space, to + i}] = m.next
	}
	return kernel.Result{}
}

// TestModel compares with the model, through snapshots too, and wants every answer.
func TestModel(t *testing.T) {
	seen := map[kernel.Code]map[kernel.Status]bool{}
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 3))
		s, m := New(), &model{objects: map[int]*modelObject{}, slots: map[[2]int]int{}}
		for i := range 300 {
			op := Draw(random.Uint64N, 3)
			got := run(t, s, &op)
			want := m.run(&op)
			if got.Status != want.Status || got.Value != want.Value || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("seed %d, operation %d, %s %+v: got %v, %d, %x; want %v, %d, %x", seed, i, Called(op.Code), PlacesOf(&op),
					got.Status, got.Value, got.Data, want.Status, want.Value, want.Data)
			}
			if Format(&op, got) == "" {
				t.Errorf("%s shows nothing", Called(op.Code))
			}
			if seen[op.Code] == nil {
				seen[op.Code] = map[kernel.Status]bool{}
			}
			seen[op.Code][got.Status] = true
			var digest uint64
			for at := range maps.Keys(m.slots) {
				digest += m.info(at).Digest(at[0])
			}
			if digest != s.Digest() {
				t.Fatalf("seed %d, operation %d: digest %x, want %x", seed, i, s.Digest(), digest)
			}
			if i%10 == 0 {
				s = again(t, s)
			}
		}
	}
	for code, want := range map[kernel.Code][]kernel.Status{
		CodeCreate:   {kernel.StatusOK, kernel.StatusExists, kernel.StatusMismatch, kernel.StatusWrongType},
		CodeRetype:   {kernel.StatusOK, kernel.StatusExists, kernel.StatusMismatch, kernel.StatusWrongType, kernel.StatusInvalid, kernel.StatusNotFound},
		CodeCopy:     {kernel.StatusOK, kernel.StatusExists, kernel.StatusNotFound},
		CodeTransfer: {kernel.StatusOK, kernel.StatusMismatch}, CodeRevoke: {kernel.StatusOK, kernel.StatusNotFound},
		CodeDelete: {kernel.StatusOK, kernel.StatusNotFound}, CodeIdentify: {kernel.StatusOK, kernel.StatusNotFound},
	} {
		for _, s := range want {
			if !seen[code][s] {
				t.Errorf("no %s answered %q", Called(code), s)
			}
		}
	}
}

func run(t *testing.T, s *Caps, op *kernel.Op) *kernel.Result {
	t.Helper()
	res := &kernel.NewResults(1)[0]
	if res.Status = Check(op); res.Status != kernel.StatusOK {
		t.Fatalf("%s %+v: %v", Called(op.Code), op.Args, res.Status)
	}
	if op.Code.IsQuery() {
		s.Query(op, res)
	} else {
		s.Apply(op, res)
	}
	if len(res.Data) > kernel.MaxData {
		t.Errorf("%s answers %d bytes", Called(op.Code), len(res.Data))
	}
	return res
}

func saved(t *testing.T, s *Caps) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// again returns a copy by snapshot, which is the same state.
func again(t *testing.T, s *Caps) *Caps {
	t.Helper()
	before, copied := saved(t, s), New()
	if err := copied.Restore(bytes.NewReader(before)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved(t, copied), before) || copied.Digest() != s.Digest() {
		t.Fatal("a state that was restored is another")
	}
	return copied
}

func sample(t *testing.T) *Caps {
	t.Helper()
	s := New()
	for _, op := range []kernel.Op{
		Create(0, 1, RAM, 0x10000, 0x8000), Retype(0, 1, RAM, 0, 0x4000, 1, 2), Retype(0, 2, Frame, 0x1000, 0x1000, 2, 3),
		Copy(0, 3, 1, 1), Create(1, 2, DevFrame, 0x40000, 0x1000),
	} {
		if r := run(t, s, &op); r.Status != kernel.StatusOK {
			t.Fatalf("%s: %v", Called(op.Code), r.Status)
		}
	}
	return s
}

func TestRestoreRefuses(t *testing.T) {
	whole := saved(t, sample(t))
	for i := range whole {
		broken := bytes.Clone(whole)
		broken[i] ^= 2
		if err := New().Restore(bytes.NewReader(broken)); !errors.Is(err, ErrSnapshot) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if err := New().Restore(bytes.NewReader(whole[:i])); !errors.Is(err, ErrSnapshot) {
			t.Errorf("cut off at %d: %v", i, err)
		}
	}
}

func FuzzRestore(f *testing.F) {
	s := New()
	for _, op := range []kernel.Op{Create(0, 1, RAM, 0x10000, 0x8000), Retype(0, 1, Frame, 0, 0x1000, 2, 2), Copy(0, 2, 1, 1)} {
		s.Apply(&op, &kernel.NewResults(1)[0])
	}
	var b bytes.Buffer
	if err := s.Snapshot(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes()[:b.Len()-8])
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := binary.LittleEndian.AppendUint64(bytes.Clone(body), crc64.Checksum(body, crc64.MakeTable(crc64.ECMA)))
		s := New()
		if err := s.Restore(bytes.NewReader(whole)); err != nil {
			if !errors.Is(err, ErrSnapshot) || s.Digest() != 0 {
				t.Errorf("%v, digest %x", err, s.Digest())
			}
			return
		}
		s = again(t, s)
		for space := range 2 {
			for slot := 1; slot < 4; slot++ {
				for _, op := range []kernel.Op{Retype(space, slot, Frame, 0, Page, 1, 9), Revoke(space, slot), List(space, 1)} {
					run(t, s, &op)
				}
			}
		}
		again(t, s)
	})
}

func TestParse(t *testing.T) {
	for text, want := range map[string]kernel.Op{
		"create 0 1 ram 0x10000 0x4000":   Create(0, 1, RAM, 0x10000, 0x4000),
		"retype 1 2 frame 4096 8192 3 10": Retype(1, 2, Frame, 4096, 8192, 3, 10),
		"copy 0 1 63 65535":               Copy(0, 1, 63, 65535),
		"delete 1 2":                      Delete(1, 2),
		"revoke 1 2":                      Revoke(1, 2),
		"transfer 1 2 0":                  Transfer(1, 2, 0),
		"identify 1 2":                    Identify(1, 2),
		"list 1":                          List(1, 1),
		"list 1 40":                       List(1, 40),
	} {
		if got, err := Parse(strings.Fields(text)); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v (%v), want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":                              "no operation given",
		"move 1 2":                      `no operation "move"`,
		"copy 1 2":                      "copy takes 4 operands, 2 given: write copy SPACE SLOT SPACE TO",
		"create 64 1 ram 0 4096":        `"64": want a space`,
		"create 0 0 ram 0 4096":         `"0": want a slot`,
		"create 0 1 paper 0 4096":       `type "paper": want ram`,
		"create 0 1 ram 1 4096":         "multiple of 4096",
		"create 0 1 ram 0 0":            "4096 bytes or more",
		"retype 0 1 ram 0 4096 65 2":    "a count: 1 to 64",
		"retype 0 1 ram 0 4096 2 65535": "the last slot is 65535",
	} {
		if _, err := Parse(strings.Fields(text)); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}

func FuzzOperation(f *testing.F) {
	for _, op := range []kernel.Op{Create(0, 1, RAM, 0, Page), Retype(0, 2, Frame, 0, Page, 1, 9), Copy(0, 1, 1, 5), Revoke(0, 1)} {
		f.Add(byte(op.Code), op.Args[0], op.Args[1], op.Args[2])
	}
	f.Fuzz(func(t *testing.T, code byte, a, b, c uint64) {
		op := kernel.Op{Service: ID, Code: kernel.Code(code), Args: [6]uint64{a, b, c}}
		if Check(&op) != kernel.StatusOK {
			return
		}
		s := sample(t)
		if r := run(t, s, &op); r.Status == kernel.StatusInvalid && op.Code != CodeRetype {
			t.Errorf("%s %+v was let pass, and is invalid", Called(op.Code), op.Args)
		}
		again(t, s)
	})
}

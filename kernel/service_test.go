package kernel

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// counter is a service of one word: the least there is to a service.
type counter struct{ n uint64 }

const (
	codeAdd  Code = 1
	codeRead      = QueryBit | 1
)

func (c *counter) Apply(op *Op, res *Result) { c.n += op.Args[0]; res.Value = c.n }
func (c *counter) Query(_ *Op, res *Result) {
	res.Value = c.n
	res.Data = append(res.Data, "read"...)
}
func (c *counter) Shards() int      { return 4 }
func (c *counter) Shard(op *Op) int { return int(op.Args[0] % 4) }
func (c *counter) Digest() uint64   { return c.n }

func (c *counter) Snapshot(w io.Writer) error { return binary.Write(w, binary.LittleEndian, c.n) }
func (c *counter) Restore(r io.Reader) error  { return binary.Read(r, binary.LittleEndian, &c.n) }

func definition(id ServiceID, name string) *Definition {
	return &Definition{ID: id, Name: name, New: func() Service { return new(counter) }}
}

func TestTable(t *testing.T) {
	strict := definition(200, "strict")
	strict.Check = func(op *Op) Status {
		if op.Code != codeRead {
			return StatusUnsupported
		}
		return StatusOK
	}
	table, err := NewTable(definition(7, "plain"), strict)
	if err != nil {
		t.Fatal(err)
	}
	if all := table.All(); len(all) != 2 || all[0] != 7 || all[1] != 200 {
		t.Errorf("All: %v", all)
	}
	if d, err := table.Definition("strict"); err != nil || d != strict {
		t.Errorf("Definition: %v, %v", d, err)
	}
	if _, err := table.Definition("other"); !errors.Is(err, ErrNoService) || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("Definition of none: %v", err)
	}
	if _, err := table.Lookup(8); !errors.Is(err, ErrNoService) || !strings.Contains(err.Error(), "8") {
		t.Errorf("Lookup of none: %v", err)
	}

	for _, c := range []struct {
		op   Op
		want Status
	}{
		{Op{Service: 7, Code: 99}, StatusOK},
		{Op{Service: 7, Data: make([]byte, MaxData)}, StatusOK},
		{Op{Service: 7, Data: make([]byte, MaxData+1)}, StatusInvalid},
		{Op{Service: 200, Code: codeRead}, StatusOK},
		{Op{Service: 200, Code: codeAdd}, StatusUnsupported},
		{Op{Service: 0}, StatusInvalid},
		{Op{Service: 8}, StatusInvalid},
	} {
		if got := table.Check(&c.op); got != c.want {
			t.Errorf("Check %+v: %v, want %v", c.op.Service, got, c.want)
		}
	}

	// Execute clears what the result held, and goes to Apply or Query by code.
	res := Result{Status: StatusFull, Value: 9, Data: []byte("left over")}
	table.Execute(&Op{Service: 7, Code: codeAdd, Args: [MaxArgs]uint64{5}}, &res)
	if res.Status != StatusOK || res.Value != 5 || len(res.Data) != 0 {
		t.Errorf("add: %+v", res)
	}
	table.Execute(&Op{Service: 7, Code: codeRead}, &res)
	if res.Value != 5 || string(res.Data) != "read" {
		t.Errorf("read: %+v", res)
	}
	table.Execute(&Op{Service: 200, Code: codeRead}, &res)
	if res.Value != 0 {
		t.Errorf("services share their state: %+v", res)
	}
	table.Execute(&Op{Service: 9}, &res)
	if res.Status != StatusInvalid || res.Value != 0 || len(res.Data) != 0 {
		t.Errorf("no service: %+v", res)
	}

	table.Execute(&Op{Service: 200, Code: codeAdd, Args: [MaxArgs]uint64{30}}, &res)
	if got := table.Digest(); got != 35 {
		t.Errorf("Digest: %d, want the sum 35", got)
	}
	if got := table.Shard(&Op{Service: 7, Args: [MaxArgs]uint64{6}}); got != 2 {
		t.Errorf("Shard: %d", got)
	}
	if got := table.Shard(&Op{Service: 9, Args: [MaxArgs]uint64{6}}); got != 0 {
		t.Errorf("Shard of no service: %d", got)
	}
}

func TestNewTableRefuses(t *testing.T) {
	for _, c := range []struct {
		definitions []*Definition
		says        string
	}{
		{[]*Definition{definition(0, "zero")}, `"zero": ID 0`},
		{[]*Definition{definition(3, "a"), definition(3, "b")}, `"b": ID 3 is taken by "a"`},
	} {
		if _, err := NewTable(c.definitions...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %q", err, c.says)
		}
	}
}

func TestSingle(t *testing.T) {
	table := Single(new(counter))
	var res Result
	op := Op{Service: 1, Code: codeAdd, Args: [MaxArgs]uint64{4}}
	if s := table.Check(&op); s != StatusOK {
		t.Errorf("Check: %v", s)
	}
	table.Execute(&op, &res)
	if res.Value != 4 || table.Digest() != 4 || len(table.All()) != 1 {
		t.Errorf("%+v, digest %d, services %v", res, table.Digest(), table.All())
	}
}

func TestStatus(t *testing.T) {
	seen := map[string]bool{}
	for s := StatusOK; s <= StatusAgain; s++ {
		if text := s.String(); text == "" || seen[text] || strings.HasPrefix(text, "status") {
			t.Errorf("status %d is called %q", uint32(s), text)
		} else {
			seen[text] = true
		}
		err := s.Err()
		if (err == nil) != (s == StatusOK) {
			t.Errorf("%v: error %v", s, err)
		}
		if err != nil && (!errors.Is(err, s.Err()) || err.Error() != s.String() || errors.Is(err, (s+1).Err())) {
			t.Errorf("%v: error %v is another", s, err)
		}
	}
	if got := Status(1000).String(); got != "status 1000" {
		t.Errorf("unknown status: %q", got)
	}
}

func TestCode(t *testing.T) {
	if codeAdd.IsQuery() || !codeRead.IsQuery() {
		t.Error("IsQuery does not follow QueryBit")
	}
}

package kernel

import (
	"errors"
	"testing"
)

// straight is a port that executes an operation when it is collected.
type straight struct {
	table   *Table
	ops     []Op
	results []Result
	queue   []int
	stopped bool
}

func newStraight(s Service, window int) *straight {
	return &straight{table: Single(s), ops: make([]Op, window), results: NewResults(window)}
}

func (p *straight) Ops() []Op         { return p.ops }
func (p *straight) Results() []Result { return p.results }
func (p *straight) Start(i int)       { p.queue = append(p.queue, i) }
func (p *straight) Close() error      { return nil }

func (p *straight) Next() (int, error) {
	if p.stopped {
		return -1, ErrStopped
	}
	if len(p.queue) == 0 {
		return -1, ErrIdle
	}
	i := p.queue[0]
	p.queue = p.queue[1:]
	p.results[i].Reset()
	if s := p.table.Check(&p.ops[i]); s != StatusOK {
		p.results[i].Status = s
	} else {
		p.table.Execute(&p.ops[i], &p.results[i])
	}
	return i, nil
}

func TestCall(t *testing.T) {
	p := newStraight(new(counter), 2)
	for want := uint64(3); want < 12; want += 3 {
		res, err := Call(p, Op{Service: 1, Code: codeAdd, Args: [MaxArgs]uint64{3}})
		if err != nil || res.Value != want {
			t.Fatalf("add: %+v, %v, want %d", res, err, want)
		}
	}
	res, err := Call(p, Op{Service: 1, Code: codeRead})
	if err != nil || res.Value != 9 || string(res.Data) != "read" {
		t.Errorf("read: %+v, %v", res, err)
	}
	// A refusal is an answer, not an error of the port.
	res, err = Call(p, Op{Service: 2})
	if err != nil || res.Status != StatusInvalid {
		t.Errorf("no service: %+v, %v", res, err)
	}
	if _, err := p.Next(); !errors.Is(err, ErrIdle) {
		t.Errorf("idle: %v", err)
	}
	p.stopped = true
	if res, err := Call(p, Op{Service: 1, Code: codeAdd}); !errors.Is(err, ErrStopped) || res != nil {
		t.Errorf("stopped: %+v, %v", res, err)
	}
}

func TestNewResults(t *testing.T) {
	rs := NewResults(3)
	for i := range rs {
		if len(rs[i].Data) != 0 || cap(rs[i].Data) != MaxData {
			t.Fatalf("result %d: %d bytes, room for %d", i, len(rs[i].Data), cap(rs[i].Data))
		}
		for range MaxData {
			rs[i].Data = append(rs[i].Data, byte(i+1))
		}
	}
	// None has written into another's room.
	for i := range rs {
		for _, b := range rs[i].Data {
			if b != byte(i+1) {
				t.Fatalf("result %d holds %d", i, b)
			}
		}
	}
}

package kv

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// direct is a port to a table of services in the same thread: the least that
// keeps the contract.
type direct struct {
	table   *kernel.Table
	ops     [1]kernel.Op
	results []kernel.Result
	started bool
	stopped bool
}

func newDirect(t *testing.T, o Options) *direct {
	table, err := kernel.NewTable(o.Definition())
	if err != nil {
		t.Fatal(err)
	}
	return &direct{table: table, results: kernel.NewResults(1)}
}

func (p *direct) Ops() []kernel.Op         { return p.ops[:] }
func (p *direct) Results() []kernel.Result { return p.results }
func (p *direct) Close() error             { return nil }

func (p *direct) Start(i int) {
	p.started = true
	res := &p.results[i]
	res.Reset()
	if res.Status = p.table.Check(&p.ops[i]); res.Status == kernel.StatusOK {
		p.table.Execute(&p.ops[i], res)
	}
}

func (p *direct) Next() (int, error) {
	switch {
	case p.stopped:
		return -1, kernel.ErrStopped
	case !p.started:
		return -1, kernel.ErrIdle
	}
	p.started = false
	return 0, nil
}

func TestClient(t *testing.T) {
	port := newDirect(t, Options{MaxKeys: 2})
	c := Client{Port: port}
	want := func(what string, good bool, got ...any) {
		t.Helper()
		if !good {
			t.Errorf("%s: got %v", what, got)
		}
	}
	_, err := c.Get(7)
	want("get missing", errors.Is(err, ErrNotFound) && strings.Contains(err.Error(), "kv get 7: not found"), err)
	replaced, err := c.Put(7, 42)
	want("put", err == nil && !replaced, replaced, err)
	replaced, err = c.Put(7, 43)
	want("put again", err == nil && replaced, replaced, err)
	word, err := c.Get(7)
	want("get", err == nil && word == 43, word, err)
	value, err := c.GetAny(7)
	want("get any", err == nil && value.Kind == KindWord && value.Word == 43, value, err)
	_, err = c.GetBytes(nil, 7)
	want("get bytes of a word", errors.Is(err, ErrWrongType), err)
	found, swapped, err := c.CompareAndSwap(7, 1, 2)
	want("cas mismatch", err == nil && !swapped && found == 43, found, swapped, err)
	found, swapped, err = c.CompareAndSwap(7, 43, 2)
	want("cas", err == nil && swapped && found == 43, found, swapped, err)
	_, _, err = c.CompareAndSwap(8, 1, 2)
	want("cas missing", errors.Is(err, ErrNotFound), err)
	found, err = c.Insert(7, 1)
	want("insert present", errors.Is(err, ErrExists) && found == 2, found, err)
	sum, err := c.Add(7, 40)
	want("add", err == nil && sum == 42, sum, err)
	replaced, err = c.PutBytes(8, []byte("hello"))
	want("put bytes", err == nil && !replaced, replaced, err)
	data, err := c.GetBytes([]byte("> "), 8)
	want("get bytes", err == nil && string(data) == "> hello", data, err)
	value, err = c.GetAny(8)
	want("get any bytes", err == nil && value.Kind == KindBytes && string(value.Bytes) == "hello", value, err)
	_, err = c.Get(8)
	want("get of bytes", errors.Is(err, ErrWrongType), err)
	_, err = c.Add(8, 1)
	want("add to bytes", errors.Is(err, ErrWrongType), err)
	_, err = c.PutBytes(8, make([]byte, kernel.MaxData+1))
	want("put too many bytes", errors.Is(err, ErrInvalid), err)
	_, err = c.Insert(9, 1)
	want("insert when full", errors.Is(err, ErrFull), err)
	deleted, err := c.Delete(7)
	want("delete", err == nil && deleted, deleted, err)
	deleted, err = c.Delete(7)
	want("delete again", err == nil && !deleted, deleted, err)
	_, err = c.Insert(9, 1)
	want("insert", err == nil, err)
	many, err := c.PutMany(Pair{9, 2}, Pair{9, 3})
	want("put many", err == nil && many == 2, many, err)
	_, err = c.PutMany(Pair{9, 4}, Pair{10, 1})
	want("put too many", errors.Is(err, ErrFull), err)
	_, err = c.PutMany()
	want("put none", errors.Is(err, ErrInvalid), err)
	_, err = c.PutMany(make([]Pair, MaxPairs+1)...)
	want("put more than fit", errors.Is(err, ErrInvalid), err)
	size, err := c.Size()
	want("size", err == nil && size == 2, size, err)
	pairs, err := c.Scan([]Pair{{0, 0}}, 0, 100, 5)
	want("scan passes over bytes", err == nil && slices.Equal(pairs, []Pair{{0, 0}, {9, 3}}), pairs, err)
	_, err = c.Scan(nil, 0, 100, MaxPairs+1)
	want("scan too many", errors.Is(err, ErrInvalid), err)

	port.stopped = true
	for name, call := range map[string]func() error{
		"get":    func() error { _, err := c.Get(9); return err },
		"any":    func() error { _, err := c.GetAny(9); return err },
		"bytes":  func() error { _, err := c.GetBytes(nil, 9); return err },
		"put":    func() error { _, err := c.Put(9, 1); return err },
		"insert": func() error { _, err := c.Insert(9, 1); return err },
		"delete": func() error { _, err := c.Delete(9); return err },
		"cas":    func() error { _, _, err := c.CompareAndSwap(9, 1, 2); return err },
		"add":    func() error { _, err := c.Add(9, 1); return err },
		"many":   func() error { _, err := c.PutMany(Pair{9, 1}); return err },
		"size":   func() error { _, err := c.Size(); return err },
		"scan":   func() error { _, err := c.Scan(nil, 0, 1, 1); return err },
	} {
		if err := call(); !errors.Is(err, kernel.ErrStopped) {
			t.Errorf("%s on a stopped machine: %v", name, err)
		}
	}
}

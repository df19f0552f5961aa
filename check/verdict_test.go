package check_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// did is an answered operation of a hand-made history: by client, from call to
// end.
func did(client int, call, end int64, op kernel.Op, res kernel.Result) check.Entry {
	e := open(client, call, op)
	e.Return, e.Answered = end, true
	e.Status, e.Value, e.Answer = res.Status, res.Value, res.Data
	return e
}

func open(client int, call int64, op kernel.Op) check.Entry {
	return check.Entry{
		Client: client, Code: op.Code, Key: op.Args[0], Words: [2]uint64{op.Args[1], op.Args[2]}, Data: op.Data, Call: call,
	}
}

func value(v uint64) kernel.Result                        { return kernel.Result{Value: v} }
func status(s kernel.Status) kernel.Result                { return kernel.Result{Status: s} }
func statusValue(s kernel.Status, v uint64) kernel.Result { return kernel.Result{Status: s, Value: v} }

var (
	fresh    = value(0) // of a put
	replaced = value(1)
	missing  = status(kernel.StatusNotFound)
)

func TestHandMadeHistories(t *testing.T) {
	for _, c := range []struct {
		name    string
		want    check.Judgement
		culprit string // in the excerpt
		history []check.Entry
	}{
		{"nothing", check.OK, "", nil},
		{"a sequence", check.OK, "", []check.Entry{
			did(0, 0, 1, kv.Get(1), missing), did(0, 2, 3, kv.Put(1, 5), fresh), did(1, 4, 5, kv.Get(1), value(5)),
			did(1, 6, 7, kv.Add(1, 3), value(8)), did(0, 8, 9, kv.CompareAndSwap(1, 8, 9), value(8)),
			did(1, 10, 11, kv.CompareAndSwap(1, 8, 7), statusValue(kernel.StatusMismatch, 9)),
			did(0, 12, 13, kv.Insert(1, 4), statusValue(kernel.StatusExists, 9)), did(0, 14, 15, kv.Delete(1), value(0)),
			did(1, 16, 17, kv.Delete(1), missing), did(1, 18, 19, kv.Insert(1, 4), value(0)), did(0, 20, 21, kv.Put(1, 6), replaced),
		}},
		{"bytes", check.OK, "", []check.Entry{
			did(0, 0, 1, kv.PutBytes(1, []byte("abc")), fresh),
			did(0, 2, 3, kv.GetBytes(1), kernel.Result{Value: 3, Data: []byte("abc")}),
			did(0, 4, 5, kv.GetAny(1), kernel.Result{Value: uint64(kv.KindBytes), Data: []byte("abc")}),
			did(0, 6, 7, kv.Get(1), status(kernel.StatusWrongType)), did(0, 8, 9, kv.Add(1, 1), status(kernel.StatusWrongType)),
			did(0, 10, 11, kv.CompareAndSwap(1, 1, 2), status(kernel.StatusWrongType)),
			did(0, 12, 13, kv.Insert(1, 4), statusValue(kernel.StatusExists, 0)), did(0, 14, 15, kv.Put(1, 258), replaced),
			did(0, 16, 17, kv.GetBytes(1), status(kernel.StatusWrongType)),
			did(0, 18, 19, kv.GetAny(1), kernel.Result{Value: uint64(kv.KindWord), Data: []byte{2, 1, 0, 0, 0, 0, 0, 0}}),
		}},
		{"overlapping writes in either order", check.OK, "", []check.Entry{
			did(0, 0, 10, kv.Put(1, 5), replaced), did(1, 0, 10, kv.Put(1, 6), fresh), did(2, 11, 12, kv.Get(1), value(5)),
		}},
		{"a stale read", check.Illegal, "get 1 = ok, 5", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), did(0, 2, 3, kv.Put(1, 6), replaced), did(1, 4, 5, kv.Get(1), value(5)),
		}},
		{"two readers see an unfinished write, the later one does not", check.Illegal, "client 2", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), did(0, 2, 100, kv.Put(1, 6), replaced),
			did(1, 10, 20, kv.Get(1), value(6)), did(2, 30, 40, kv.Get(1), value(5)),
		}},
		{"the same at the same time", check.OK, "", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), did(0, 2, 100, kv.Put(1, 6), replaced),
			did(1, 10, 30, kv.Get(1), value(6)), did(2, 30, 40, kv.Get(1), value(5)),
		}},
		{"a lost update", check.Illegal, "add 1 1 = ok, 1", []check.Entry{
			did(0, 0, 10, kv.Add(1, 1), value(1)), did(1, 5, 15, kv.Add(1, 1), value(1)),
		}},
		{"applied twice", check.Illegal, "get 1 = ok, 2", []check.Entry{
			did(0, 0, 1, kv.Add(1, 1), value(1)), did(1, 2, 3, kv.Get(1), value(2)),
		}},
		{"cas succeeds twice", check.Illegal, "cas 1 5 7 = ok, 5", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh),
			did(0, 2, 10, kv.CompareAndSwap(1, 5, 6), value(5)), did(1, 3, 11, kv.CompareAndSwap(1, 5, 7), value(5)),
		}},
		{"insert succeeds twice", check.Illegal, "insert 1", []check.Entry{
			did(0, 2, 10, kv.Insert(1, 6), value(0)), did(1, 3, 11, kv.Insert(1, 7), value(0)),
		}},
		{"a value from nowhere", check.Illegal, "get 1 = ok, 9", []check.Entry{did(0, 0, 1, kv.Get(1), value(9))}},
		{"another key's value", check.Illegal, "get 2 = ok, 5", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), did(0, 2, 3, kv.Get(2), value(5)),
		}},
		{"torn bytes", check.Illegal, "get-bytes", []check.Entry{
			did(0, 0, 1, kv.PutBytes(1, []byte("aaaa")), fresh), did(0, 2, 3, kv.PutBytes(1, []byte("bbbb")), replaced),
			did(1, 0, 3, kv.GetBytes(1), kernel.Result{Value: 4, Data: []byte("aabb")}),
		}},
		{"a refusal that the service has no reason for", check.Illegal, "full", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), status(kernel.StatusFull)),
		}},
		{"an open write is seen much later", check.OK, "", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), open(1, 2, kv.Put(1, 6)),
			did(0, 10, 11, kv.Get(1), value(5)), did(0, 20, 21, kv.Get(1), value(6)),
		}},
		{"an open write is never seen", check.OK, "", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), open(1, 2, kv.Put(1, 6)), did(0, 10, 11, kv.Get(1), value(5)),
		}},
		{"an open write is seen before its call", check.Illegal, "get 1 = ok, 6", []check.Entry{
			did(0, 0, 1, kv.Get(1), value(6)), open(1, 2, kv.Put(1, 6)),
		}},
		{"an open write happens twice", check.Illegal, "get 1 = ok, 6", []check.Entry{
			did(0, 0, 1, kv.Put(1, 5), fresh), open(1, 2, kv.Put(1, 6)), did(0, 10, 11, kv.Get(1), value(6)),
			did(0, 12, 13, kv.Put(1, 7), replaced), did(0, 14, 15, kv.Get(1), value(6)),
		}},
		{"an open read", check.OK, "", []check.Entry{did(0, 0, 1, kv.Put(1, 5), fresh), open(1, 2, kv.Get(1))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := filepath.Join(t.TempDir(), "history.html")
			v, err := check.Linearizable(c.history, check.Options{Visualization: page})
			if err != nil {
				t.Fatal(err)
			}
			if v.Judgement != c.want || v.Operations != len(c.history) || !strings.Contains(v.Excerpt, c.culprit) {
				t.Errorf("%+v, want %s, with %q", v, c.want, c.culprit)
			}
			_, err = os.Stat(page)
			if illegal := c.want == check.Illegal; illegal != (err == nil) || illegal != (v.Visualization == page) {
				t.Errorf("visualization %q: %v", v.Visualization, err)
			}
		})
	}
}

func TestExcerptNamesTheFirst(t *testing.T) {
	var history []check.Entry
	for i := range int64(100) {
		res := value(uint64(i + 1))
		if i >= 50 {
			res.Value++ // an addition too many, at 50
		}
		history = append(history, did(int(i%3), 10*i, 10*i+5, kv.Add(7, 1), res))
	}
	v, err := check.Linearizable(history, check.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(v.Excerpt), "\n")
	if v.Judgement != check.Illegal || !strings.Contains(lines[0], "client 2: add 7 1 = ok, 52") ||
		!strings.Contains(lines[len(lines)-1], "not explained") || len(lines) > 20 {
		t.Error(v.Excerpt)
	}
}

func TestTimeoutIsUnknown(t *testing.T) {
	// A read that nothing explains after writes that can go in 30! orders.
	history := []check.Entry{did(0, 0, 1, kv.Put(1, 99), fresh)}
	for i := range 30 {
		history = append(history, did(i, 10, 1000, kv.Put(1, uint64(i)), replaced))
	}
	history = append(history, did(0, 2000, 2001, kv.Get(1), value(50)))
	v, err := check.Linearizable(history, check.Options{Timeout: 20 * time.Millisecond})
	if err != nil || v.Judgement != check.Unknown || v.Excerpt == "" {
		t.Errorf("%+v (%v)", v, err)
	}
	v, err = check.Linearizable(history[:1], check.Options{Timeout: time.Nanosecond})
	if err != nil || v.Judgement != check.Unknown {
		t.Errorf("no time at all: %+v (%v)", v, err)
	}
}

func TestOverlap(t *testing.T) {
	at := func(client int, call, end int64) check.Entry { return did(client, call, end, kv.Get(1), missing) }
	for _, c := range []struct {
		name         string
		any, clients int
		history      []check.Entry
	}{
		{"none", 0, 0, []check.Entry{at(0, 0, 1), at(1, 2, 3), at(0, 4, 5)}},
		{"two", 2, 2, []check.Entry{at(0, 0, 2), at(1, 1, 3), at(0, 4, 5)}},
		{"touching", 2, 2, []check.Entry{at(0, 0, 2), at(1, 2, 3)}},
		{"one client", 2, 0, []check.Entry{at(0, 0, 2), at(0, 1, 3)}},
		{"a long one", 5, 5, []check.Entry{at(1, 0, 9), at(0, 1, 2), at(0, 3, 4), at(0, 5, 6), at(0, 7, 8)}},
		{"a long one of the same client", 3, 2, []check.Entry{at(0, 0, 9), at(0, 1, 2), at(1, 3, 4)}},
		{"hidden behind a longer one", 3, 2, []check.Entry{at(0, 0, 100), at(0, 10, 20), at(1, 90, 95)}},
		{"other keys", 0, 0, []check.Entry{at(0, 0, 9), did(1, 1, 2, kv.Get(2), missing)}},
		{"open", 2, 2, []check.Entry{open(0, 0, kv.Put(1, 1)), at(1, 50, 60)}},
	} {
		v, err := check.Linearizable(c.history, check.Options{})
		if err != nil || v.Overlapping != c.any || v.OverlappingClients != c.clients {
			t.Errorf("%s: %d and %d, want %d and %d (%v)", c.name, v.Overlapping, v.OverlappingClients, c.any, c.clients, err)
		}
	}
}

func TestBadHistories(t *testing.T) {
	for _, e := range []check.Entry{
		did(0, 5, 4, kv.Get(1), missing),
		did(0, 1, 2, kernel.Op{Code: 99}, missing),
	} {
		if _, err := check.Linearizable([]check.Entry{e}, check.Options{}); !errors.Is(err, check.ErrHistory) {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

func TestEntriesInJSON(t *testing.T) {
	want := []check.Entry{
		did(3, 1<<60, 1<<60+1, kv.PutBytes(1<<63+1, []byte{0, 255}), statusValue(kernel.StatusMismatch, 1<<63+3)),
		open(1, 2, kv.CompareAndSwap(1, 2, 3)),
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got []check.Entry
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

package check_test

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/workload"
)

func baseline(t *testing.T, window int) *workload.Baseline {
	t.Helper()
	table, err := kernel.NewTable(kv.Definition())
	if err != nil {
		t.Fatal(err)
	}
	b, err := workload.NewBaseline(table, window)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRecordOnBaseline checks the recorder and the model against the service
// itself: one client, so the only order is its own, or with a window nearly so.
func TestRecordOnBaseline(t *testing.T) {
	for seed := range uint64(20) {
		s := check.HistorySpec{Clients: 1, Operations: 500, Keys: 3, Base: seed << 32, Window: 1 + int(seed%8), DataMax: 200, Seed: seed}
		entries, err := s.Record(baseline(t, s.Window), 0, new(workload.Control))
		if err != nil {
			t.Fatal(err)
		}
		v, err := check.Linearizable(entries, check.Options{})
		if err != nil || v.Judgement != check.OK || v.Operations != s.Operations || v.Open != 0 {
			t.Errorf("seed %d: %+v (%v)", seed, v, err)
		}
		seen := map[kernel.Code]map[kernel.Status]int{}
		for _, e := range entries {
			if seen[e.Code] == nil {
				seen[e.Code] = map[kernel.Status]int{}
			}
			seen[e.Code][e.Status]++
		}
		for _, c := range []struct {
			code   kernel.Code
			status kernel.Status
		}{
			{kv.CodeGet, kernel.StatusOK},
			{kv.CodeGet, kernel.StatusNotFound},
			{kv.CodeGet, kernel.StatusWrongType},
			{kv.CodeCompareAndSwap, kernel.StatusOK},
			{kv.CodeCompareAndSwap, kernel.StatusMismatch},
			{kv.CodeInsert, kernel.StatusOK},
			{kv.CodeInsert, kernel.StatusExists},
			{kv.CodeDelete, kernel.StatusOK},
			{kv.CodeAdd, kernel.StatusOK},
			{kv.CodeGetAny, kernel.StatusOK},
			{kv.CodePutBytes, kernel.StatusOK},
		} {
			if seen[c.code][c.status] == 0 {
				t.Errorf("seed %d: no operation %#x answered %s", seed, uint8(c.code), c.status)
			}
		}
	}
}

// TestRecordBoundsWhatIsOutstanding: a client whose answers come late has no more
// outstanding on a key than the judge can take, whatever its window.
func TestRecordBoundsWhatIsOutstanding(t *testing.T) {
	const window = 16
	for _, c := range []struct{ clients, most int }{{1, 10}, {4, 2}, {16, 1}} {
		s := check.HistorySpec{Clients: c.clients, Operations: 300, Keys: 5, Window: window, Seed: 7}
		ctl := new(workload.Control)
		parts := make([][]check.Entry, c.clients)
		var wg sync.WaitGroup
		for i := range c.clients {
			port := baseline(t, window)
			wg.Go(func() {
				var err error
				if parts[i], err = s.Record(port, i, ctl); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		seen := 0
		for _, part := range parts {
			for i, e := range part {
				outstanding := 1
				for _, before := range part[:i] {
					if before.Key == e.Key && before.Return > e.Call {
						outstanding++
					}
				}
				seen = max(seen, outstanding)
			}
		}
		if seen > c.most || seen == 0 {
			t.Errorf("%d clients with windows of %d: one had %d operations outstanding on a key, want at most %d", c.clients, window, seen, c.most)
		}
	}
}

// stopping is a port whose machine stops after some answers.
type stopping struct {
	kernel.Port
	left int
}

func (s *stopping) Next() (int, error) {
	if s.left--; s.left < 0 {
		return -1, kernel.ErrStopped
	}
	return s.Port.Next()
}

func TestRecordLeavesOpenWhatIsCutOff(t *testing.T) {
	s := check.HistorySpec{Clients: 1, Operations: 500, Keys: 3, Window: 8, Seed: 1}
	entries, err := s.Record(&stopping{baseline(t, s.Window), 100}, 0, new(workload.Control))
	if !errors.Is(err, kernel.ErrStopped) {
		t.Fatal(err)
	}
	v, err := check.Linearizable(entries, check.Options{})
	if err != nil || v.Judgement != check.OK || v.Operations-v.Open != 100 || v.Open < 1 || v.Open > 8 {
		t.Errorf("%+v (%v)", v, err)
	}
}

func TestSpecsAreValidated(t *testing.T) {
	good := check.HistorySpec{Clients: 1, Operations: 1, Keys: 1, Window: 1}
	for _, change := range []func(*check.HistorySpec){
		func(s *check.HistorySpec) { s.Clients = 0 },
		func(s *check.HistorySpec) { s.Operations = 0 },
		func(s *check.HistorySpec) { s.Keys = 0 },
		func(s *check.HistorySpec) { s.Window = 300 },
		func(s *check.HistorySpec) { s.Window = 2 }, // the port has one
		func(s *check.HistorySpec) { s.DataMax = 2000 },
		func(s *check.HistorySpec) { s.Yield = 101 },
	} {
		s := good
		change(&s)
		if _, err := s.Record(baseline(t, 1), 0, new(workload.Control)); !errors.Is(err, check.ErrHistory) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	p := check.ProbeSpec{Readers: 1, Reads: 1, ReadWindow: 2, WriteWindow: 1}
	if _, err := p.Read(baseline(t, 1), new(check.ProbeWords)); err == nil {
		t.Error("a read window of 2 on a port of 1")
	}
	p.ReadWindow = 0
	if _, err := p.Read(baseline(t, 1), new(check.ProbeWords)); err == nil {
		t.Error("a read window of 0")
	}
}

// forgetful is a service whose reads are old now and then.
type forgetful struct {
	*kv.KV
	old bytes.Buffer
	mu  sync.Mutex
	n   int
}

func (f *forgetful) Query(op *kernel.Op, res *kernel.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if f.n%100 == 0 {
		past := kv.New(kv.Options{})
		if past.Restore(bytes.NewReader(f.old.Bytes())) == nil {
			past.Query(op, res)
		}
		f.old.Reset()
		_ = f.Snapshot(io.Writer(&f.old))
		return
	}
	f.KV.Query(op, res)
}

// TestProbeFindsOldReads lets one thread write and read a machine that is right
// and one that is not, through all kinds of readers.
func TestProbeFindsOldReads(t *testing.T) {
	for _, wrong := range []bool{false, true} {
		for _, around := range []bool{false, true} {
			d := kv.Definition()
			if wrong {
				d.New = func() kernel.Service { return &forgetful{KV: kv.New(kv.Options{})} }
			}
			table, err := kernel.NewTable(d)
			if err != nil {
				t.Fatal(err)
			}
			p, err := workload.NewBaseline(table, 4)
			if err != nil {
				t.Fatal(err)
			}
			s := check.ProbeSpec{Key: 9, Readers: 1, Reads: 10_000, ReadWindow: 4, WriteWindow: 4}
			writing := &alsoWriting{Port: p, key: s.Key}
			var r check.ProbeResult
			if around {
				r, err = s.ReadAround([]kernel.Port{writing, writing}, new(check.ProbeWords))
			} else {
				r, err = s.Read(writing, new(check.ProbeWords))
			}
			if err != nil || r.Reads != s.Reads || (r.Stale > 0) != wrong || wrong != (r.FirstStale != "") || r.Highest == 0 {
				t.Errorf("wrong %v, around %v: %+v (%v)", wrong, around, r, err)
			}
		}
	}
}

// alsoWriting adds 1 to a key before every read.
type alsoWriting struct {
	kernel.Port
	key uint64
}

func (a *alsoWriting) Start(i int) {
	read := a.Ops()[i]
	a.Ops()[i] = kv.Add(a.key, 1)
	a.Port.Start(i)
	_, _ = a.Port.Next()
	a.Ops()[i] = read
	a.Port.Start(i)
}

func TestProbeEndsWhenAThreadFails(t *testing.T) {
	s := check.ProbeSpec{Readers: 2, Writers: 1, Reads: 1 << 60, ReadWindow: 1, WriteWindow: 4}
	words := new(check.ProbeWords)
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for i := range errs {
		p := kernel.Port(baseline(t, 4))
		if i == 0 {
			p = &stopping{p, 1000}
		}
		wg.Go(func() {
			if i == 2 {
				_, errs[i] = s.Write(p, words)
			} else {
				_, errs[i] = s.Read(p, words)
			}
		})
	}
	wg.Wait()
	if !errors.Is(errs[0], kernel.ErrStopped) || errs[1] != nil || errs[2] != nil {
		t.Error(errs)
	}
}

func TestSameAnswers(t *testing.T) {
	for seed := range uint64(5) {
		if err := check.SameAnswers(baseline(t, 1), baseline(t, 3), seed, 2000); err != nil {
			t.Error(err)
		}
	}
	limited, err := kernel.NewTable(kv.Options{MaxKeys: 100}.Definition())
	if err != nil {
		t.Fatal(err)
	}
	small, err := workload.NewBaseline(limited, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := check.SameAnswers(baseline(t, 1), small, 1, 2000); !errors.Is(err, check.ErrDiffer) {
		t.Errorf("a machine with room for 100 keys: %v", err)
	}
}

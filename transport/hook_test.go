//go:build !nrkern_nohook

package transport

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// recorder is a Hook that is the hardware of one core, with a store buffer for
// payloads: what is filled shows only when it is published.
type recorder struct {
	names map[any]string
	log   []string
	draft map[*Slot]*Payload
	wait  func(w *Word)
}

func (r *recorder) note(what string, where any, args ...any) {
	name, ok := r.names[where]
	if !ok {
		name = "?"
	}
	r.log = append(r.log, fmt.Sprint(append([]any{what, " ", name}, args...)...))
}

func (r *recorder) Load(w *Word) uint64 {
	r.note("load", w)
	return w.v
}

func (r *recorder) Store(w *Word, v uint64) {
	r.note("store", w, "=", v)
	w.v = v
}

func (r *recorder) Swap(w *Word, v uint64) uint64 {
	r.note("swap", w, "=", v)
	old := w.v
	w.v = v
	return old
}

func (r *recorder) CompareAndSwap(w *Word, old, v uint64) bool {
	r.note("cas", w, "=", old, ">", v)
	if w.v != old {
		return false
	}
	w.v = v
	return true
}

func (r *recorder) Fill(s *Slot) *Payload {
	r.note("fill", s)
	if r.draft[s] == nil {
		r.draft[s] = new(Payload)
	}
	return r.draft[s]
}

func (r *recorder) Publish(s *Slot, header uint64) {
	r.note("publish", s)
	s.payload, s.header.v = *r.draft[s], header
	delete(r.draft, s)
}

func (r *recorder) Read(s *Slot) *Payload {
	r.note("read", s)
	return &s.payload
}

func (r *recorder) FenceHeavy()               { r.log = append(r.log, "heavy fence") }
func (r *recorder) Nap(w *Word, seen uint64)  { r.note("nap", w, "=", seen) }
func (r *recorder) Pause()                    { r.log = append(r.log, "pause") }
func (r *recorder) Wait(w *Word, seen uint64) { r.rest("wait", w, seen) }

func (r *recorder) Sleep(w *Word, low uint32) { r.rest("sleep", w, uint64(low)) }

func (r *recorder) rest(how string, w *Word, seen uint64) {
	r.note(how, w, "=", seen)
	if r.wait != nil {
		r.wait(w)
	}
}

// recorded runs f under a recorder and returns what it saw.
func recorded(t *testing.T, names map[any]string, wait func(*Word), f func()) []string {
	t.Helper()
	r := &recorder{names: names, draft: map[*Slot]*Payload{}, wait: wait}
	remove := Install(r)
	defer remove()
	if !Simulated() {
		t.Error("not simulated")
	}
	f()
	return r.log
}

func wantLog(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the hook saw\n%q, want\n%q", got, want)
	}
}

func TestHookWord(t *testing.T) {
	var w Word
	wantLog(t, recorded(t, map[any]string{&w: "w"}, nil, func() {
		w.Store(5)
		if w.Load() != 5 || w.Swap(6) != 5 || !w.CompareAndSwap(6, 7) || w.CompareAndSwap(6, 8) || w.Load() != 7 {
			t.Error("a hooked word does not work")
		}
		Fence(&w)
		w.StoreLight(9)
		FenceHeavy()
	}), "store w=5", "load w", "swap w=6", "cas w=6>7", "cas w=6>8", "load w", "swap w=0", "store w=9", "heavy fence")
	if Simulated() {
		t.Error("the hook is still there")
	}
	w.Store(1)
	if w.Load() != 1 {
		t.Error("the word does not work without the hook")
	}
}

// TestHookChannel: each access is seen once, payloads before headers, the first
// header last, and what was filled is not there before it is published.
func TestHookChannel(t *testing.T) {
	forth, back := make([]Slot, 8), make([]Slot, 8)
	names := map[any]string{}
	for i := range forth {
		names[&forth[i]], names[&forth[i].header] = fmt.Sprint("f", i), fmt.Sprint("f", i)
		names[&back[i]], names[&back[i].header] = fmt.Sprint("b", i), fmt.Sprint("b", i)
	}
	a, err := NewChannel(forth, back)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewChannel(back, forth)
	if err != nil {
		t.Fatal(err)
	}
	wantLog(t, recorded(t, names, nil, func() {
		if a.Receive() != nil {
			t.Error("a message from nowhere")
		}
		fillMessage(a, 7, 3)
		if forth[0].payload != (Payload{}) {
			t.Error("filled in place, not where the hook said")
		}
		a.Send(3)
		p := b.Receive()
		if p == nil {
			t.Fatal("lost")
		}
		if err := checkMessage(b, p, 7, 3); err != nil {
			t.Error(err)
		}
		b.Release(3) // more than a quarter: a bare acknowledgement
		if a.Receive() != nil {
			t.Error("an acknowledgement is no message")
		}
	}),
		"load b0",
		"fill f2", "fill f1", "fill f0",
		"publish f2", "publish f1", "publish f0",
		"load f0", "read f0", "read f1", "read f2",
		"fill b0", "publish b0",
		"load b0", "load b1")
	if a.Position().Acked != 3 {
		t.Errorf("%+v", a.Position())
	}
}

func TestHookWaiting(t *testing.T) {
	var w Word
	var b Bell
	names := map[any]string{&w: "w", &b.word.Word: "bell"}
	wantLog(t, recorded(t, names, func(got *Word) {
		if got == &b.word.Word && !b.Ring() {
			t.Error("nobody to ring for")
		}
	}, func() {
		waiter := NewWaiter(&Policy{})
		if !waiter.Sleepy() || !waiter.Patient() {
			t.Error("a sleeper spins")
		}
		waiter.Wait(&w, 0)
		b.Sleep(b.Announce(), time.Hour)
		b.Nap(time.Hour)
		waiter = NewWaiter(&Policy{Spins: 1, Yields: 1})
		for !waiter.Sleepy() {
			waiter.Pause()
		}
	}),
		"wait w=0",
		"load bell", "cas bell=0>4294967296", // announce
		"sleep bell=0",
		"load bell", "cas bell=4294967296>1", // ring
		"load bell",               // nothing to withdraw
		"load bell", "nap bell=1", // nobody is bound to ring
		"pause", "pause")
}

package combining

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// TestThreadModel compares the rings of a thread with lists, over random
// interleavings of what the thread and the combiner do.
func TestThreadModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		window := rapid.SampledFrom([]int{1, 2, 3, 5, 8, 17, kernel.MaxWindow}).Draw(t, "window")
		th := newThread(0, make([]kernel.Op, window), kernel.NewResults(window))
		if len(th.Ops) != window || len(th.Results) != window {
			t.Fatalf("a window of %d operations and %d results, want %d", len(th.Ops), len(th.Results), window)
		}
		free := make([]int, window)
		for i := range free {
			free[i] = i
		}
		var posted, published, taken, finished, delivered []int
		back := 0 // how many Untake may put back: those taken since the last Finish
		t.Repeat(map[string]func(*rapid.T){
			"post": func(t *rapid.T) {
				if len(free) == 0 {
					t.Skip("the window is full")
				}
				i := rapid.IntRange(0, len(free)-1).Draw(t, "free place")
				th.Post(free[i])
				posted = append(posted, free[i])
				free = slices.Delete(free, i, i+1)
			},
			"publish": func(t *rapid.T) {
				th.Publish()
				published, posted = append(published, posted...), nil
			},
			"take": func(t *rapid.T) {
				got, want := th.Take(), -1
				if len(published) > 0 {
					want, published = published[0], published[1:]
					taken = append(taken, want)
					back++
				}
				if got != want {
					t.Fatalf("took %d, want %d", got, want)
				}
			},
			"untake": func(t *rapid.T) {
				if back == 0 {
					t.Skip("nothing to put back")
				}
				th.Untake()
				back--
				last := len(taken) - 1
				published = append([]int{taken[last]}, published...)
				taken = taken[:last]
			},
			"finish": func(t *rapid.T) {
				if len(taken) == 0 {
					t.Skip("nothing taken")
				}
				// In any order: a message may be answered late. Untake is for what
				// was taken in this turn, of which nothing is finished.
				i := rapid.IntRange(0, len(taken)-1).Draw(t, "taken place")
				th.Finish(taken[i])
				finished = append(finished, taken[i])
				taken = slices.Delete(taken, i, i+1)
				back = 0
			},
			"deliver": func(t *rapid.T) {
				th.Deliver()
				delivered, finished = append(delivered, finished...), nil
			},
			"collect": func(t *rapid.T) {
				word, seen := th.Done()
				if want := len(delivered) > 0; (word.Load() != seen) != want {
					t.Fatalf("%d are delivered, Done says %v", len(delivered), !want)
				}
				got, want := th.Collect(), -1
				if len(delivered) > 0 {
					want, delivered = delivered[0], delivered[1:]
					free = append(free, want)
				}
				if got != want {
					t.Fatalf("collected %d, want %d", got, want)
				}
			},
			"": func(t *rapid.T) {
				if got, want := th.Outstanding(), window-len(free); got != want {
					t.Fatalf("%d outstanding, want %d", got, want)
				}
			},
		})
	})
}

// TestThreadsCombine: threads with windows post to each other; whoever gets the
// lock executes for all. The race detector sees what the words order.
func TestThreadsCombine(t *testing.T) {
	const threads, operations = 4, 3000
	s := NewStation(&transport.Goroutines)
	// combine is the combiner's work, with a state that only it touches.
	executed := 0
	combine := func() {
		s.Worked()
		for _, th := range s.Threads() {
			any := false
			for place := th.Take(); place >= 0; place = th.Take() {
				th.Results[place].Value = th.Ops[place].Args[0]*3 + uint64(th.ID)
				executed++
				th.Finish(place)
				any = true
			}
			if any {
				th.Deliver()
			}
		}
	}
	run := func(window int) error {
		th, err := s.Join(window)
		if err != nil {
			return err
		}
		argument := make([]uint64, window)
		var free []int
		for i := range window {
			free = append(free, i)
		}
		for started, collected := uint64(0), 0; collected < operations; {
			for len(free) > 0 && started < operations {
				place := free[len(free)-1]
				free = free[:len(free)-1]
				argument[place] = started
				th.Ops[place].Args[0] = started
				th.Post(place)
				started++
			}
			th.Publish()
			for w := transport.NewWaiter(&transport.Goroutines); ; {
				if s.TryLock() {
					combine()
					s.Unlock()
				}
				word, seen := th.Done()
				if word.Load() != seen {
					break
				}
				w.Wait(s.Locked(), 1)
			}
			for place := th.Collect(); place >= 0; place = th.Collect() {
				if got, want := th.Results[place].Value, argument[place]*3+uint64(th.ID); got != want {
					return fmt.Errorf("thread %d: result %d, want %d", th.ID, got, want)
				}
				free = append(free, place)
				collected++
			}
		}
		return s.Leave(th)
	}
	errs := make([]error, threads)
	var all sync.WaitGroup
	for i := range threads {
		all.Go(func() { errs[i] = run(1 << (2 * i)) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	s.Lock()
	defer s.Unlock()
	if executed != threads*operations || len(s.Threads()) != 0 {
		t.Errorf("%d operations executed, %d threads left", executed, len(s.Threads()))
	}
	if s.Activity() == 0 {
		t.Error("no activity was noted")
	}
}

// TestThreadLines: what one side writes at every operation is on no line that
// the other side reads, but for the two words that are meant to be shared.
func TestThreadLines(t *testing.T) {
	typ := reflect.TypeFor[Thread]()
	writers := map[string]string{
		"posted": "both", "done": "both",
		"posts": "thread", "collected": "thread", "light": "thread", "visits": "thread",
		"taken": "combiner", "completed": "combiner",
	}
	for i := range typ.NumField() {
		for k := range i {
			a, b := typ.Field(k), typ.Field(i)
			wa, wb := writers[a.Name], writers[b.Name]
			if a.Name == "_" || b.Name == "_" || wa == wb && wa != "both" {
				continue
			}
			end := a.Offset + a.Type.Size()
			if wa == "both" {
				end = a.Offset + 8 // a Line brings its own padding
			}
			if b.Offset-end < transport.LineSize-8 {
				t.Errorf("%s ends %d bytes before %s, want a line of %d between them", a.Name, b.Offset-end, b.Name, transport.LineSize)
			}
		}
	}
}

func TestThreadDoesNotAllocate(t *testing.T) {
	s := NewStation(&transport.Goroutines)
	th, err := s.Join(16)
	if err != nil {
		t.Fatal(err)
	}
	l := NewReaderLock(&transport.Goroutines)
	if n := testing.AllocsPerRun(100, func() {
		for place := range 16 {
			th.Post(place)
		}
		th.Publish()
		s.Lock()
		s.Worked()
		l.Lock(s.Threads())
		for place := th.Take(); place >= 0; place = th.Take() {
			th.Finish(place)
		}
		l.Unlock()
		th.Deliver()
		s.Unlock()
		for th.Collect() >= 0 {
		}
		l.RLock(th.ID)
		l.RUnlock(th.ID)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

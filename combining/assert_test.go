//go:build nrkern_assert

package combining

import (
	"strings"
	"testing"

	"github.com/nrkern/nrkern/internal/assert"
	"github.com/nrkern/nrkern/transport"
)

// TestAssertions: two combiners, two writers, and results that nobody waits for are
// found, and named.
func TestAssertions(t *testing.T) {
	for _, x := range []struct {
		want string
		f    func(s *Station, th *Thread)
	}{
		{"", func(s *Station, th *Thread) {
			for range 3 {
				s.Enter(th)
				s.Exit(th)
			}
			s.Lock()
			s.Unlock()
		}},
		{"combiner of a station: two have their turn at once", func(s *Station, th *Thread) {
			s.Lock()
			s.lock.Store(0)
			s.Enter(th)
		}},
		{"combiner of a station: a turn ends that nobody has", func(s *Station, _ *Thread) { s.Unlock() }},
		{"place 0 is finished, and all 0 operations that were taken are", func(_ *Station, th *Thread) { th.Finish(0) }},
		{"has posted 9 operations in all, and 0 were taken", func(_ *Station, th *Thread) {
			th.posted.Store(9)
			th.Take()
		}},
		{"a reader lock has two writers", func(s *Station, _ *Thread) {
			l := NewReaderLock(s.policy)
			l.Lock(nil)
			l.Lock(nil)
		}},
	} {
		s := NewStation(&transport.Goroutines)
		th, err := s.Join(1)
		if err != nil {
			t.Fatal(err)
		}
		if said := assert.Caught(func() { x.f(s, th) }); said != x.want && (x.want == "" || !strings.Contains(said, x.want)) {
			t.Errorf("it said %q, want %q", said, x.want)
		}
	}
}

package transport

import "testing"

// TestPrefetch: slots are asked for in a row, never past the end of the log or too
// many, and asking changes nothing.
func TestPrefetch(t *testing.T) {
	const slots = 64
	s := &LogStore{Slots: Apart[Slot](slots), mask: slots - 1}
	for _, c := range []struct {
		from, to uint64
		want     int
	}{
		{0, 0, 0}, {5, 4, 0}, {5, 6, 1}, {0, 100, maxPrefetch}, {60, 70, 4}, {slots, slots + 3, 3}, {3*slots + 63, 4 * slots, 1},
	} {
		if n := s.inRow(c.from, c.to); n != c.want {
			t.Errorf("from %d to %d: %d in a row, want %d", c.from, c.to, n, c.want)
		}
		s.Prefetch(c.from, c.to)
		s.Claim(c.from, c.to)
	}
	s.At(1).Publish(7)
	s.At(1).Prefetch()
	s.At(1).HeaderWord().Claim()
	for i := range s.Slots {
		if h := s.Slots[i].Header(); h != 0 && (i != 1 || h != 7) {
			t.Errorf("slot %d has header %d", i, h)
		}
	}
}

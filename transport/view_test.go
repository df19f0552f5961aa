package transport

import (
	"errors"
	"math"
	"testing"
	"unsafe"
)

func viewSegment(t testing.TB) *Segment {
	t.Helper()
	var l Layout
	l.Add("before", 0, 4096)
	l.Add("part", 0, 1000)
	l.Add("after", 0, 4096)
	s, err := Local(&l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestViewBounds(t *testing.T) {
	s := viewSegment(t)
	for _, test := range []struct {
		offset, n int
		good      bool
	}{
		{0, 1, true},
		{0, 125, true},
		{992, 1, true},
		{8, 124, true},
		{0, 126, false},
		{8, 125, false},
		{1000, 1, false},
		{993, 1, false},
		{4, 1, false}, // not aligned
		{1, 1, false},
		{0, 0, false},
		{0, -1, false},
		{-8, 1, false},
		{math.MinInt, 1, false},
		{math.MaxInt, 1, false},
		{math.MaxInt - 7, 1, false},
		{0, math.MinInt, false},
		{0, math.MaxInt, false},
		{0, 1 << 61, false}, // times 8 is 2^64
		{0, 1<<61 + 1, false},
		{8, 1<<61 - 1, false},
	} {
		words, err := Slice[uint64](s, "part", test.offset, test.n)
		if test.good != (err == nil) || !test.good && !errors.Is(err, ErrView) {
			t.Errorf("%d words at byte %d: %v", test.n, test.offset, err)
			continue
		}
		if !test.good {
			if words != nil {
				t.Errorf("%d words at byte %d: an error and a view", test.n, test.offset)
			}
			continue
		}
		part, err := s.Part("part")
		if err != nil {
			t.Fatal(err)
		}
		if len(words) != test.n || cap(words) != test.n {
			t.Errorf("%d words at byte %d: length %d, capacity %d", test.n, test.offset, len(words), cap(words))
		}
		if at := uintptr(unsafe.Pointer(&words[0])) - uintptr(unsafe.Pointer(&s.mem[part.Offset])); at != uintptr(test.offset) {
			t.Errorf("%d words at byte %d begin at byte %d", test.n, test.offset, at)
		}
	}
	if _, err := View[uint64](s, "none", 0); !errors.Is(err, ErrNoPart) {
		t.Error(err)
	}
	if _, err := View[[1001]byte](s, "part", 0); !errors.Is(err, ErrView) {
		t.Error(err)
	}
}

type nested struct {
	A [2]struct {
		B uint8
		C [3]float32
	}
	D Line
}

type nestedPointer struct {
	A [2]struct {
		B uint8
		C [3]*int
	}
}

// checkView views a part as T, from its first byte.
func checkView[T any](t *testing.T, s *Segment, good bool) {
	t.Helper()
	v, err := View[T](s, "part", 0)
	if good != (err == nil) || good != (v != nil) || !good && !errors.Is(err, ErrView) {
		t.Errorf("%T: %v", v, err)
	}
}

func TestViewTypes(t *testing.T) {
	s := viewSegment(t)
	checkView[bool](t, s, true)
	checkView[int8](t, s, true)
	checkView[uint32](t, s, true)
	checkView[float64](t, s, true)
	checkView[nested](t, s, true)
	checkView[LogControl](t, s, true)
	checkView[LogReplica](t, s, true)
	checkView[Slot](t, s, true)
	checkView[Bell](t, s, true)

	checkView[struct{}](t, s, false)
	checkView[[0]uint64](t, s, false)
	checkView[*int](t, s, false)
	checkView[unsafe.Pointer](t, s, false)
	checkView[uintptr](t, s, false)
	checkView[string](t, s, false)
	checkView[[]byte](t, s, false)
	checkView[any](t, s, false)
	checkView[map[int]int](t, s, false)
	checkView[chan int](t, s, false)
	checkView[func()](t, s, false)
	checkView[nestedPointer](t, s, false)
	checkView[[0]*int](t, s, false)
}

func TestApart(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		a, b := Apart[uint16](n), Apart[[200]byte](n)
		if len(a) != n || cap(a) != n || len(b) != n || cap(b) != n {
			t.Errorf("%d: length %d and %d, capacity %d and %d", n, len(a), len(b), cap(a), cap(b))
		}
	}
}

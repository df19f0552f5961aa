package transport

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestLogStore(t *testing.T) {
	for _, home := range []int{Interleaved, 0, 2} {
		var l Layout
		if err := l.AddLog("log", 128, 3, home); err != nil {
			t.Fatal(err)
		}
		s, err := Local(&l)
		if err != nil {
			t.Fatal(err)
		}
		store, err := OpenLog(s, "log")
		if err != nil {
			t.Fatal(err)
		}
		if len(store.Slots) != 128 || len(store.Replicas) != 3 {
			t.Errorf("%d slots, %d replicas", len(store.Slots), len(store.Replicas))
		}
		for _, index := range []uint64{0, 1, 127, 128, 1<<40 + 5, math.MaxUint64} {
			if store.At(index) != &store.Slots[index%128] {
				t.Errorf("index %d is at another slot", index)
			}
		}
		for name, want := range map[string]int{"log.slots": home, "log.control": max(home, 0), "log.replica.0": 0, "log.replica.2": 2} {
			if p, err := s.Part(name); err != nil || p.Home != want {
				t.Errorf("%s is at home on %d, want %d: %v", name, p.Home, want, err)
			}
		}
	}
	if Generation(0) == 0 || Generation(0) == Generation(128) {
		t.Error("zeroed memory or an earlier lap would be live")
	}
}

func TestBadLogs(t *testing.T) {
	for name, add := range map[string]func(l *Layout) error{
		"no slots":            func(l *Layout) error { return l.AddLog("log", 0, 1, 0) },
		"too few slots":       func(l *Layout) error { return l.AddLog("log", MinLogSlots/2, 1, 0) },
		"no power of two":     func(l *Layout) error { return l.AddLog("log", 100, 1, 0) },
		"too many slots":      func(l *Layout) error { return l.AddLog("log", 2*MaxLogSlots, 1, 0) },
		"negative slots":      func(l *Layout) error { return l.AddLog("log", math.MinInt, 1, 0) },
		"no replicas":         func(l *Layout) error { return l.AddLog("log", 64, 0, 0) },
		"too many replicas":   func(l *Layout) error { return l.AddLog("log", 64, MaxReplicas+1, 0) },
		"a negative number":   func(l *Layout) error { return l.AddLog("log", 64, -1, 0) },
		"a name far too long": func(l *Layout) error { return l.AddLog(strings.Repeat("x", 99), 0, 1, 0) },
	} {
		if err := add(new(Layout)); !errors.Is(err, ErrLog) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenLogOfOtherParts(t *testing.T) {
	open := func(parts ...Part) error {
		t.Helper()
		var l Layout
		for _, p := range parts {
			l.Add(p.Name, p.Home, int(p.Size))
		}
		s, err := Local(&l)
		if err != nil {
			t.Fatal(err)
		}
		_, err = OpenLog(s, "log")
		return err
	}
	control := Part{Name: "log.control", Size: uint64(sizeOf[LogControl]())}
	slots := Part{Name: "log.slots", Size: 64 * SlotSize}
	replica := Part{Name: "log.replica.0", Size: uint64(sizeOf[LogReplica]())}
	for name, test := range map[string]struct {
		parts []Part
		want  error
	}{
		"all there":     {[]Part{control, slots, replica}, nil},
		"no control":    {[]Part{slots, replica}, ErrNoPart},
		"no slots":      {[]Part{control, replica}, ErrNoPart},
		"no replica":    {[]Part{control, slots}, ErrNoPart},
		"control short": {[]Part{{Name: "log.control", Size: 8}, slots, replica}, ErrView},
		"replica short": {[]Part{control, slots, {Name: "log.replica.0", Size: 8}}, ErrView},
		"less than one": {[]Part{control, {Name: "log.slots", Size: 8}, replica}, ErrView},
		"an odd number": {[]Part{control, {Name: "log.slots", Size: 65 * SlotSize}, replica}, ErrLog},
	} {
		if err := open(test.parts...); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

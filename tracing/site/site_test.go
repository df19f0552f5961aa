package site

import (
	"bytes"
	"os"
	"testing"
)

// TestPlaces: the file of this program has a NOP at each site's offset, and a
// word of 0 where its counter is.
func TestPlaces(t *testing.T) {
	places, err := Places()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	offsets := map[uint64]string{}
	for id, p := range places {
		if p.Name == "" || p.Pair == "" || p.Text == "" {
			t.Errorf("site %d is not in the catalogue: %+v", id, p)
		}
		var code [5]byte
		if _, err := file.ReadAt(code[:], int64(p.Offset)); err != nil || !bytes.Equal(code[:], nop) {
			t.Errorf("%s: at %#x of the file is % x (%v), want % x", p.Name, p.Offset, code, err, nop)
		}
		var counter [4]byte
		if _, err := file.ReadAt(counter[:], int64(p.Counter)); err != nil || counter != [4]byte{} {
			t.Errorf("%s: its counter at %#x of the file is % x (%v), want 0", p.Name, p.Counter, counter, err)
		}
		for _, offset := range []uint64{p.Offset, p.Counter} {
			if other := offsets[offset]; other != "" {
				t.Errorf("%s and %s share offset %#x", p.Name, other, offset)
			}
			offsets[offset] = p.Name
		}
	}
	var mark [8]byte
	if _, err := file.ReadAt(mark[:], int64(places[0].Counter)-128); err != nil || mark != guards.mark {
		t.Errorf("the guard's mark in the file is %q (%v)", mark, err)
	}
}

// TestStubsPass: the stubs run through, attached or not.
func TestStubsPass(t *testing.T) {
	everything := func() {
		var c Calls
		for place := range 256 {
			c.Begin(1, 2, place, 3, 4, 5)
			c.End(place)
		}
		CombineBegin(0, 1, 1)
		CombineEnd(0)
		ReplayBegin(0, 1, 2)
		ReplayEnd(0, 2)
		GateBegin(0, 1)
		GateEnd(0)
		LockBegin(0, 1)
		LockEnd(0)
		ParkBegin(1)
		ParkEnd(1)
		ServiceBegin(0, 1, 2, 3, 4)
		ServiceEnd(0, 1, 2, 3)
		EmptyBegin()
		EmptyEnd()
		Append(0, 1, 2, 3)
		LogFull(0, 1)
		Hole(0, 1)
		Send(0, 1, 2, 3)
		Receive(1, 0, 2, 3)
		Ack(1, 2)
		Turn(0, 1)
		Wake(1)
	}
	everything()
	attachAll(t)
	everything()
	if n := testing.AllocsPerRun(10, everything); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// attachAll does what Linux does when a tracer attaches.
func attachAll(t *testing.T) {
	for id := range guards.attached {
		guards.attached[id]++
	}
	t.Cleanup(func() { guards.attached = [Count]uint32{}; SetEvery(1) })
}

// TestChosen: a call that is chosen at its beginning is at its end.
func TestChosen(t *testing.T) {
	attachAll(t)
	for _, c := range []struct{ ask, want uint64 }{{0, 1}, {1, 1}, {2, 2}, {3, 2}, {8, 8}, {1000, 512}} {
		if SetEvery(c.ask); Every() != c.want {
			t.Errorf("one in %d asked, one in %d chosen, want %d", c.ask, Every(), c.want)
		}
	}
	SetEvery(4)
	var c Calls
	for place := range 256 {
		c.Begin(0, 0, place, 1, 1, 0)
	}
	chosen := 0
	for place := range 256 {
		if c.chosen[place>>6]>>(place&63)&1 != 0 {
			chosen++
		}
	}
	if chosen != 64 {
		t.Errorf("%d of 256 calls were chosen, want one in 4", chosen)
	}
	for place := range 256 {
		c.End(place)
	}
	if c.chosen != [4]uint64{} {
		t.Errorf("calls still open: %x", c.chosen)
	}
}

// TestJoint: one pass in so many is chosen, and ends once.
func TestJoint(t *testing.T) {
	attachAll(t)
	SetEvery(4)
	var j Joint
	if j.Ends() {
		t.Error("an end without a beginning")
	}
	chosen := 0
	for range 64 {
		begins := j.Begins()
		if begins {
			chosen++
		}
		if j.Ends() != begins || j.Ends() {
			t.Error("it does not end as it began")
		}
	}
	if chosen != 16 {
		t.Errorf("%d of 64 were chosen, want one in 4", chosen)
	}
}

func TestMappings(t *testing.T) {
	const maps = "00400000-00401000 r-xp 00002000 fe:01 12 /bin/a b\n7f00-8f00 rw-p 00000000 00:00 0 [heap]\n"
	found, err := fileMappings([]byte(maps))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	if at, ok := offsetOf(found, 0x400010, 'x'); !ok || at != 0x2010 {
		t.Errorf("%#x, %v", at, ok)
	}
	if _, ok := offsetOf(found, 0x400010, 'w'); ok {
		t.Error("code is writable")
	}
	if _, err := fileMappings([]byte("x-y r-xp 0 fe:01 12 /a\n")); err == nil {
		t.Error("a damaged line is accepted")
	}
}

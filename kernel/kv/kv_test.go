package kv

import (
	"bytes"
	"io"
	"math"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

// TestSemantics runs one conversation; each line builds on those before it.
func TestSemantics(t *testing.T) {
	const max = math.MaxUint64
	ok := func(value uint64) kernel.Result { return kernel.Result{Value: value} }
	data := func(value uint64, data string) kernel.Result { return kernel.Result{Value: value, Data: []byte(data)} }
	status := func(s kernel.Status) kernel.Result { return kernel.Result{Status: s} }
	long := bytes.Repeat([]byte("x"), kernel.MaxData)
	kv := New(Options{})
	for i, c := range []struct {
		op   kernel.Op
		want kernel.Result
	}{
		{Get(7), status(kernel.StatusNotFound)},
		{GetBytes(7), status(kernel.StatusNotFound)},
		{GetAny(7), status(kernel.StatusNotFound)},
		{Delete(7), status(kernel.StatusNotFound)},
		{CompareAndSwap(7, 0, 1), status(kernel.StatusNotFound)},
		{Put(7, 42), ok(0)},
		{Get(7), ok(42)},
		{GetAny(7), data(uint64(KindWord), "\x2a\x00\x00\x00\x00\x00\x00\x00")},
		{GetBytes(7), status(kernel.StatusWrongType)},
		{Put(7, 43), ok(1)},
		{CompareAndSwap(7, 42, 1), kernel.Result{Status: kernel.StatusMismatch, Value: 43}},
		{CompareAndSwap(7, 43, max), ok(43)},
		{Add(7, 3), ok(2)},
		{Add(7, max), ok(1)},
		{Add(8, 5), ok(5)},
		{Insert(8, 6), kernel.Result{Status: kernel.StatusExists, Value: 5}},
		{Insert(9, 6), ok(0)},
		{PutBytes(7, []byte("hello")), ok(1)},
		{Get(7), status(kernel.StatusWrongType)},
		{GetBytes(7), data(5, "hello")},
		{GetAny(7), data(uint64(KindBytes), "hello")},
		{Add(7, 1), status(kernel.StatusWrongType)},
		{CompareAndSwap(7, 1, 2), status(kernel.StatusWrongType)},
		{Insert(7, 1), status(kernel.StatusExists)},
		{PutBytes(7, nil), ok(1)},
		{GetBytes(7), ok(0)},
		{GetAny(7), ok(uint64(KindBytes))},
		{PutBytes(7, long), ok(1)},
		{GetBytes(7), data(kernel.MaxData, string(long))},
		{PutBytes(7, append(long, 'y')), status(kernel.StatusInvalid)},
		{Put(7, 0), ok(1)},
		{Get(7), ok(0)},
		{Delete(7), ok(0)},
		{Get(7), status(kernel.StatusNotFound)},
		{PutBytes(7, []byte("new")), ok(0)},
		{Put(0, max), ok(0)},
		{Put(max, 0), ok(0)},
		{Get(0), ok(max)},
		{Get(max), ok(0)},
		{kernel.Op{Service: ID}, status(kernel.StatusInvalid)},
		{kernel.Op{Service: ID, Code: 8}, status(kernel.StatusInvalid)},
		{kernel.Op{Service: ID, Code: kernel.QueryBit}, status(kernel.StatusInvalid)},
		{kernel.Op{Service: ID, Code: kernel.QueryBit | 6}, status(kernel.StatusInvalid)},
		{Scan(0, max, 0), status(kernel.StatusInvalid)},
		{Scan(0, max, MaxPairs+1), status(kernel.StatusInvalid)},
	} {
		if got := execute(kv, c.op); !equal(got, c.want) {
			t.Errorf("line %d, code %#x: got %+v, want %+v", i, c.op.Code, got, c.want)
		}
	}
	checkInvariants(t, kv)
}

func TestLimits(t *testing.T) {
	kv := New(Options{MaxKeys: 2, MaxBytes: 10})
	ok, full := kernel.StatusOK, kernel.StatusFull
	for i, c := range []struct {
		op   kernel.Op
		want kernel.Status
	}{
		{PutBytes(1, make([]byte, 11)), full},
		{PutBytes(1, make([]byte, 10)), ok},
		{PutBytes(2, make([]byte, 1)), full},
		{PutBytes(2, nil), ok},
		{PutBytes(1, make([]byte, 9)), ok},
		{PutBytes(2, make([]byte, 1)), ok},
		{PutBytes(1, make([]byte, 10)), full},
		{Put(3, 1), full},
		{Insert(3, 1), full},
		{Add(3, 1), full},
		{PutBytes(3, nil), full},
		{Put(2, 1), ok},
		{PutBytes(1, make([]byte, 10)), ok},
		{Delete(1), ok},
		{PutBytes(2, make([]byte, 10)), ok},
		{Put(3, 1), ok},
	} {
		before := kv.Digest()
		got := execute(kv, c.op).Status
		if got != c.want {
			t.Errorf("line %d: got %v, want %v", i, got, c.want)
		}
		if got == full && kv.Digest() != before {
			t.Errorf("line %d: full, but the state has changed", i)
		}
	}
	checkInvariants(t, kv)
}

// TestPermutation: the hash stands for the key only if it can be undone.
func TestPermutation(t *testing.T) {
	for i := range uint64(100_000) {
		for _, key := range []uint64{i, -i, i << 40, unmix(i)} {
			if unmix(mix(key)) != key {
				t.Fatalf("unmix(mix(%#x)) = %#x", key, unmix(mix(key)))
			}
		}
	}
}

// TestSpread: shards and segments fill evenly for keys of any pattern, also
// when an instance holds one shard only.
func TestSpread(t *testing.T) {
	for name, key := range map[string]func(uint64) uint64{
		"sequential": func(i uint64) uint64 { return i },
		"pages":      func(i uint64) uint64 { return i << 12 },
		"high bits":  func(i uint64) uint64 { return i << 44 },
		"downward":   func(i uint64) uint64 { return -i },
	} {
		const n = 1 << 17
		kv, one := New(Options{}), New(Options{})
		var count [shards]int
		for i := range uint64(n) {
			op := Put(key(i), i)
			shard := kv.Shard(&op)
			count[shard]++
			execute(kv, op)
			if shard == 17 {
				execute(one, op)
			}
		}
		const mean = n / shards
		for s, c := range count {
			if c < mean-150 || c > mean+150 { // 6.6 standard deviations
				t.Errorf("%s: shard %d has %d keys, the mean is %d", name, s, c, mean)
			}
		}
		for _, part := range []*KV{kv, one} {
			checkInvariants(t, part)
			longest := 0
			for _, s := range part.table.dir {
				longest = max(longest, len(s.buckets))
			}
			if places := uint64(len(part.table.dir)); longest > fullBuckets || places > 1+part.table.keys/100 {
				t.Errorf("%s: %d places for %d keys, the longest segment has %d buckets", name, places, part.table.keys, longest)
			}
		}
	}
}

// TestHostileKeys: keys that share all the bits the table looks at are slow,
// not wrong, and make neither directory nor memory grow out of proportion.
func TestHostileKeys(t *testing.T) {
	kv := New(Options{})
	const n = 5000
	for i := range uint64(n) {
		execute(kv, Put(hostile(i), i))
	}
	checkInvariants(t, kv)
	slots := 0
	for i := uint64(0); i < uint64(len(kv.table.dir)); i = kv.table.next(i) {
		slots += len(kv.table.dir[i].buckets) * bucketSlots
	}
	if len(kv.table.dir) > n/sparseKeys || slots > 8*n {
		t.Errorf("%d places and %d slots for %d keys", len(kv.table.dir), slots, n)
	}
	for i := range uint64(n) {
		if res := execute(kv, Delete(hostile(i))); res.Status != kernel.StatusOK {
			t.Fatalf("delete %d: %v", i, res.Status)
		}
	}
	checkInvariants(t, kv)
	if kv.Digest() != 0 {
		t.Error("an empty state has a digest")
	}
}

// TestHostilePrefix: keys whose hashes share their first bits do not multiply
// the directory that the other keys need.
func TestHostilePrefix(t *testing.T) {
	kv := New(Options{})
	const n = 100_000
	for i := range uint64(n / 5) {
		execute(kv, Put(i, i))
	}
	for i := range uint64(n) {
		execute(kv, Put(unmix(i), i))
	}
	checkInvariants(t, kv)
	if places := uint64(len(kv.table.dir)); places > kv.table.keys/sparseKeys {
		t.Errorf("%d places for %d keys", places, kv.table.keys)
	}
}

// TestClasses: every length fits its block, with less than half to spare.
func TestClasses(t *testing.T) {
	for n := 1; n <= kernel.MaxData; n++ {
		class := classOf(n)
		if class < 0 || class >= classes || sizeOf(class) < n || (n > 16 && sizeOf(class) >= n+n/2) {
			t.Errorf("%d bytes: class %d of %d bytes", n, class, sizeOf(class))
		}
		if class > 0 && sizeOf(class-1) >= n {
			t.Errorf("%d bytes: a block of %d would do", n, sizeOf(class-1))
		}
	}
}

// TestArenaReuse: blocks that were freed are used again.
func TestArenaReuse(t *testing.T) {
	kv := New(Options{})
	for round := range 20 {
		for i := range uint64(500) {
			execute(kv, PutBytes(i, bytes.Repeat([]byte{byte(round)}, 200)))
		}
		for i := range uint64(500) {
			execute(kv, Delete(i))
		}
	}
	if n := kv.arena.pools[classOf(200)].fresh; n != 500 {
		t.Errorf("%d blocks for 500 values", n)
	}
}

func TestNoAllocation(t *testing.T) {
	kv := New(Options{})
	data := make([]byte, kernel.MaxData)
	for i := range uint64(1000) {
		execute(kv, Put(i, i))
		execute(kv, PutBytes(1000+i, data[:i]))
	}
	ops := []kernel.Op{
		Get(5), Put(5, 6), Add(5, 1), CompareAndSwap(5, 7, 8), Insert(5, 1), GetAny(5), Get(1 << 40),
		Delete(6), Insert(6, 1),
		GetBytes(1500), GetAny(1500), PutBytes(1500, data[:500]), PutBytes(1500, data[:30]), PutBytes(1500, data),
		Put(1500, 1), PutBytes(1500, data[:500]),
	}
	res := kernel.Result{Data: make([]byte, 0, kernel.MaxData)}
	if n := testing.AllocsPerRun(1000, func() {
		for i := range ops {
			if ops[i].Code.IsQuery() {
				kv.Query(&ops[i], &res)
			} else {
				kv.Apply(&ops[i], &res)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(10, func() { kv.Digest() }); n != 0 {
		t.Errorf("Digest: %v allocations", n)
	}
}

// TestConcurrentQueries is for the race detector.
func TestConcurrentQueries(t *testing.T) {
	kv := New(Options{})
	for i := range uint64(5000) {
		execute(kv, Put(i, i))
		execute(kv, PutBytes(1<<32+i, []byte("some bytes")))
	}
	want := kv.Digest()
	done := make(chan bool)
	for range 4 {
		go func() {
			good := true
			for i := range uint64(5000) {
				good = good && execute(kv, Get(i)).Value == i
				good = good && string(execute(kv, GetBytes(1<<32+i)).Data) == "some bytes"
			}
			good = good && kv.Digest() == want && kv.Snapshot(io.Discard) == nil
			done <- good
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("a query beside others was answered wrongly")
		}
	}
}

func TestDigestTellsApart(t *testing.T) {
	seen := map[uint64]string{}
	note := func(what string, ops ...kernel.Op) {
		kv := New(Options{})
		for _, op := range ops {
			execute(kv, op)
		}
		if other, found := seen[kv.Digest()]; found {
			t.Errorf("%s has the digest of %s", what, other)
		}
		seen[kv.Digest()] = what
	}
	note("nothing")
	note("0=0", Put(0, 0))
	note("0=1", Put(0, 1))
	note("1=0", Put(1, 0))
	note("0=0 1=1", Put(0, 0), Put(1, 1))
	note("0=1 1=0", Put(0, 1), Put(1, 0))
	note("0=''", PutBytes(0, nil))
	note("0='\\0'", PutBytes(0, make([]byte, 1)))
	note("0='\\0'*8", PutBytes(0, make([]byte, 8)))
	note("0='\\0'*9", PutBytes(0, make([]byte, 9)))
	note("0='a'", PutBytes(0, []byte("a")))
	note("0='12345678abcdefgh'", PutBytes(0, []byte("12345678abcdefgh")))
	note("0='abcdefgh12345678'", PutBytes(0, []byte("abcdefgh12345678")))
	note("0='ab'", PutBytes(0, []byte("ab")))
}

func TestCheck(t *testing.T) {
	for _, op := range []kernel.Op{
		Get(1), GetBytes(1), GetAny(1), Put(1, 2), PutBytes(1, nil), PutBytes(1, make([]byte, kernel.MaxData)),
		Insert(1, 2), Delete(1), CompareAndSwap(1, 2, 3), Add(1, 2),
		PutMany(make([]byte, pairBytes)), PutMany(make([]byte, kernel.MaxData)), Size(), Scan(1, 2, 1), Scan(2, 1, MaxPairs),
	} {
		if s := Check(&op); s != kernel.StatusOK {
			t.Errorf("code %#x: %v", op.Code, s)
		}
		if op.Data = make([]byte, kernel.MaxData+1); Check(&op) != kernel.StatusInvalid {
			t.Errorf("code %#x: too much data is let through", op.Code)
		}
		if op.Data = []byte("x"); op.Code != CodePutBytes && Check(&op) != kernel.StatusInvalid {
			t.Errorf("code %#x: data is let through where none belongs", op.Code)
		}
	}
	known := 0
	for c := range 256 {
		op := kernel.Op{Service: ID, Code: kernel.Code(c), Args: [kernel.MaxArgs]uint64{1, 2, 3}}
		if op.Code == CodePutMany {
			op.Data = make([]byte, pairBytes)
		}
		if Check(&op) == kernel.StatusOK {
			known++
			if s := execute(New(Options{}), op).Status; s == kernel.StatusInvalid {
				t.Errorf("code %#x passes Check and is %v", c, s)
			}
		}
	}
	if known != 12 {
		t.Errorf("%d codes pass Check, there are 12 operations", known)
	}
}

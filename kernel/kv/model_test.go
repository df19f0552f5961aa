package kv

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nrkern/nrkern/kernel"
)

// model is the specification: what the package doc says, over a Go map.
type model struct {
	values            map[uint64]Value
	maxKeys, maxBytes uint64
}

func (m *model) byteSum() (n uint64) {
	for _, v := range m.values {
		n += uint64(len(v.Bytes))
	}
	return n
}

func (m *model) run(op *kernel.Op) kernel.Result {
	key, a, b := op.Args[0], op.Args[1], op.Args[2]
	old, found := m.values[key]
	isBytes := old.Kind == KindBytes
	full := !found && uint64(len(m.values)) >= m.maxKeys
	fail := func(s kernel.Status, value uint64) kernel.Result { return kernel.Result{Status: s, Value: value} }
	replaced := uint64(0)
	if found {
		replaced = 1
	}
	switch op.Code {
	case CodeGet, CodeGetBytes, CodeGetAny:
		switch {
		case !found:
			return fail(kernel.StatusNotFound, 0)
		case op.Code == CodeGetAny && isBytes:
			return kernel.Result{Value: uint64(KindBytes), Data: old.Bytes}
		case op.Code == CodeGetAny:
			return kernel.Result{Value: uint64(KindWord), Data: binary.LittleEndian.AppendUint64(nil, old.Word)}
		case isBytes != (op.Code == CodeGetBytes):
			return fail(kernel.StatusWrongType, 0)
		case isBytes:
			return kernel.Result{Value: uint64(len(old.Bytes)), Data: old.Bytes}
		}
		return kernel.Result{Value: old.Word}
	case CodePut:
		if full {
			return fail(kernel.StatusFull, 0)
		}
		m.values[key] = Value{Word: a}
		return kernel.Result{Value: replaced}
	case CodePutBytes:
		if full || m.byteSum()-uint64(len(old.Bytes))+uint64(len(op.Data)) > m.maxBytes {
			return fail(kernel.StatusFull, 0)
		}
		m.values[key] = Value{Kind: KindBytes, Bytes: slices.Clone(op.Data)}
		return kernel.Result{Value: replaced}
	case CodeInsert:
		switch {
		case found:
			return fail(kernel.StatusExists, old.Word)
		case full:
			return fail(kernel.StatusFull, 0)
		}
		m.values[key] = Value{Word: a}
		return kernel.Result{}
	case CodeDelete:
		if !found {
			return fail(kernel.StatusNotFound, 0)
		}
		delete(m.values, key)
		return kernel.Result{}
	case CodeCompareAndSwap:
		switch {
		case !found:
			return fail(kernel.StatusNotFound, 0)
		case isBytes:
			return fail(kernel.StatusWrongType, 0)
		case old.Word != a:
			return fail(kernel.StatusMismatch, old.Word)
		}
		m.values[key] = Value{Word: b}
		return kernel.Result{Value: a}
	case CodeAdd:
		switch {
		case isBytes:
			return fail(kernel.StatusWrongType, 0)
		case full:
			return fail(kernel.StatusFull, 0)
		}
		m.values[key] = Value{Word: old.Word + a}
		return kernel.Result{Value: old.Word + a}
	}
	return m.runMany(op)
}

// runMany is run for operations of several keys.
func (m *model) runMany(op *kernel.Op) kernel.Result {
	switch op.Code {
	case CodePutMany:
		next, replaced := maps.Clone(m.values), uint64(0)
		for _, p := range PairsOf(nil, op.Data) {
			if _, found := next[p.Key]; found {
				replaced++
			}
			next[p.Key] = Value{Word: p.Word}
		}
		if uint64(len(next)) > m.maxKeys && len(next) > len(m.values) {
			return kernel.Result{Status: kernel.StatusFull}
		}
		m.values = next
		return kernel.Result{Value: replaced}
	case CodeSize:
		return kernel.Result{Value: uint64(len(m.values))}
	case CodeScan:
		var res kernel.Result
		for _, key := range slices.Sorted(maps.Keys(m.values)) {
			if v := m.values[key]; v.Kind == KindWord && key >= op.Args[0] && key <= op.Args[1] && res.Value < op.Args[2] {
				res.Data = AppendPairs(res.Data, Pair{key, v.Word})
				res.Value++
			}
		}
		return res
	}
	return kernel.Result{Status: kernel.StatusInvalid}
}

// execute runs op as a table of services does.
func execute(kv *KV, op kernel.Op) kernel.Result {
	res := kernel.Result{Status: 99, Value: 99, Data: []byte("left over")}
	if op.Code.IsQuery() {
		kv.Query(&op, &res)
	} else {
		kv.Apply(&op, &res)
	}
	return res
}

// equal compares results; a nil Data is an empty one.
func equal(a, b kernel.Result) bool {
	return a.Status == b.Status && a.Value == b.Value && bytes.Equal(a.Data, b.Data)
}

func snapshot(t interface{ Fatal(...any) }, kv *KV) []byte {
	var b bytes.Buffer
	if err := kv.Snapshot(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contents reads the whole state through the table's own iteration.
func contents(kv *KV) map[uint64]Value {
	all := map[uint64]Value{}
	kv.table.each(func(h uint64, e *entry) {
		v := Value{Word: e.value}
		if e.tag&bytesFlag != 0 {
			v = Value{Kind: KindBytes, Bytes: append([]byte{}, kv.arena.bytes(ref(e.value))...)}
		}
		all[unmix(h)] = v
	})
	return all
}

// checkInvariants checks what the table's code relies on.
func checkInvariants(t interface{ Fatalf(string, ...any) }, kv *KV) {
	var keys, byteKeys, byteSum uint64
	tb := &kv.table
	for i := uint64(0); i < uint64(len(tb.dir)); i++ {
		s, first := tb.dir[i], tb.dir[tb.first(i)]
		if s.depth < minDepth || s.depth > tb.depth || &s.buckets[0] != &first.buckets[0] {
			t.Fatalf("place %d: depth %d of %d, or not the segment of its first place", i, s.depth, tb.depth)
		}
		if tb.first(i) != i {
			continue
		}
		used := 0
		for k := range s.buckets {
			for n := range s.buckets[k] {
				e := &s.buckets[k][n]
				if e.tag == 0 {
					if *e != (entry{}) {
						t.Fatalf("place %d: an empty slot holds %#x", i, e.value)
					}
					continue
				}
				if n > 0 && s.buckets[k][n-1].tag == 0 {
					t.Fatalf("place %d: a gap in bucket %d", i, k)
				}
				used++
				keys++
				if e.tag&bytesFlag != 0 {
					byteKeys++
					byteSum += uint64(ref(e.value).len())
				}
				if at := tb.find(tb.hash(i, e)); at != e {
					t.Fatalf("place %d: entry %#x is not where a search looks", i, e.tag)
				}
			}
		}
		if used != int(s.used) || used > s.room() {
			t.Fatalf("place %d: %d of %d entries used, counted %d", i, used, s.room(), s.used)
		}
	}
	if keys != tb.keys || byteKeys != kv.byteKeys || byteSum != kv.byteSum {
		t.Fatalf("counted %d keys, %d with %d bytes: it says %d, %d, %d", keys, byteKeys, byteSum, tb.keys, kv.byteKeys, kv.byteSum)
	}
}

// hostile are keys whose hashes differ in a few middle bits only, so that they
// share a segment and a slot.
func hostile(i uint64) uint64 { return unmix(i<<32 | 5) }

func genKey(t *rapid.T) uint64 {
	switch rapid.IntRange(0, 9).Draw(t, "key from") {
	case 0:
		return rapid.Uint64().Draw(t, "key")
	case 1:
		return -rapid.Uint64Range(0, 3).Draw(t, "-key")
	case 2:
		return hostile(rapid.Uint64Range(0, 30).Draw(t, "hostile key"))
	}
	return rapid.Uint64Range(0, 60).Draw(t, "key")
}

func genOp(t *rapid.T) kernel.Op {
	key := genKey(t)
	word := func(name string) uint64 {
		if rapid.Bool().Draw(t, name+" is small") {
			return rapid.Uint64Range(0, 2).Draw(t, name)
		}
		return rapid.Uint64().Draw(t, name)
	}
	switch rapid.IntRange(0, 13).Draw(t, "operation") {
	case 0:
		return Get(key)
	case 1:
		return GetBytes(key)
	case 2:
		return GetAny(key)
	case 3, 4:
		return Put(key, word("value"))
	case 5, 6:
		n := rapid.SampledFrom([]int{0, 1, 7, 8, 9, 16, 17, 24, 25, 33, 100, 1000, kernel.MaxData}).Draw(t, "length")
		data := bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, n)
		return PutBytes(key, data)
	case 7:
		return Insert(key, word("value"))
	case 8:
		return Delete(key)
	case 9:
		return CompareAndSwap(key, word("old"), word("new"))
	case 10:
		var data []byte
		for range rapid.SampledFrom([]int{1, 2, 5, MaxPairs}).Draw(t, "pairs") {
			data = AppendPairs(data, Pair{genKey(t), word("value")})
		}
		return PutMany(data)
	case 11:
		return Size()
	case 12:
		return Scan(key, key+word("width"), rapid.SampledFrom([]int{1, 3, MaxPairs}).Draw(t, "limit"))
	}
	return Add(key, word("n"))
}

// TestModel runs random operations here and in the model, with snapshots and
// restores between them.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := model{
			values:   map[uint64]Value{},
			maxKeys:  rapid.SampledFrom([]uint64{1, 20, 1000}).Draw(t, "MaxKeys"),
			maxBytes: rapid.SampledFrom([]uint64{1, 2000, 1 << 30}).Draw(t, "MaxBytes"),
		}
		kv := New(Options{MaxKeys: m.maxKeys, MaxBytes: m.maxBytes})
		twin := New(kv.limits)
		next := uint64(1000)
		t.Repeat(map[string]func(*rapid.T){
			"operation": func(t *rapid.T) {
				op := genOp(t)
				got, want := execute(kv, op), m.run(&op)
				if !equal(got, want) {
					t.Fatalf("%+v: got %+v, want %+v", op, got, want)
				}
				if other := execute(twin, op); !equal(got, other) {
					t.Fatalf("%+v: %+v and %+v on two instances", op, got, other)
				}
			},
			"grow": func(t *rapid.T) {
				for range 40 {
					for _, key := range []uint64{next, hostile(next)} {
						op := Put(key, next)
						if got, want := execute(kv, op), m.run(&op); !equal(got, want) {
							t.Fatalf("%+v: got %+v, want %+v", op, got, want)
						}
						execute(twin, op)
					}
					next++
				}
			},
			"shrink": func(t *rapid.T) {
				for _, key := range slices.Sorted(maps.Keys(m.values)) {
					if key%3 == 0 {
						op := Delete(key)
						if got, want := execute(kv, op), m.run(&op); !equal(got, want) {
							t.Fatalf("%+v: got %+v, want %+v", op, got, want)
						}
						execute(twin, op)
					}
				}
			},
			"restore": func(t *rapid.T) {
				saved := snapshot(t, kv)
				fresh := New(kv.limits)
				if err := fresh.Restore(bytes.NewReader(saved)); err != nil {
					t.Fatal(err)
				}
				if fresh.Digest() != kv.Digest() || !bytes.Equal(snapshot(t, fresh), saved) {
					t.Fatal("the restored state is another")
				}
				kv = fresh // The twin keeps its history: equal results all the same.
			},
			"": func(t *rapid.T) {
				checkInvariants(t, kv)
				same := func(a, b Value) bool {
					return a.Kind == b.Kind && a.Word == b.Word && bytes.Equal(a.Bytes, b.Bytes)
				}
				if got := contents(kv); !maps.EqualFunc(m.values, got, same) {
					t.Fatalf("contents (-model +kv):\n%s", cmp.Diff(m.values, got))
				}
			},
		})
		if !bytes.Equal(snapshot(t, kv), snapshot(t, twin)) || kv.Digest() != twin.Digest() {
			t.Fatal("two instances fed the same operations differ")
		}
	})
}

// TestDigestHistory: other operations, same contents, same digest and bytes;
// and the digests of a partition by shard add up.
func TestDigestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		straight, crooked := New(Options{}), New(Options{})
		ops := rapid.SliceOfN(rapid.Custom(genOp), 0, 200).Draw(t, "operations")
		for _, op := range ops {
			execute(crooked, op)
		}
		for i := range uint64(300) { // Growth and decay in one of them only.
			execute(crooked, Put(1<<40+i, i))
		}
		for i := range uint64(300) {
			execute(crooked, Delete(1<<40+i))
		}
		nodes := make([]*KV, rapid.IntRange(1, 5).Draw(t, "nodes"))
		for i := range nodes {
			nodes[i] = New(Options{})
		}
		all := contents(crooked)
		keys := slices.Sorted(maps.Keys(all))
		slices.Reverse(keys)
		for _, key := range keys {
			op := Put(key, all[key].Word)
			if all[key].Kind == KindBytes {
				op = PutBytes(key, all[key].Bytes)
			}
			execute(straight, op)
			execute(nodes[straight.Shard(&op)%len(nodes)], op)
		}
		if straight.Digest() != crooked.Digest() || !bytes.Equal(snapshot(t, straight), snapshot(t, crooked)) {
			t.Fatal("the same contents by two histories differ")
		}
		var sum uint64
		for _, node := range nodes {
			sum += node.Digest()
		}
		if sum != straight.Digest() {
			t.Fatalf("the parts' digests add up to %#x, the whole has %#x", sum, straight.Digest())
		}
	})
}

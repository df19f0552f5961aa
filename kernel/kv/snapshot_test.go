package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc64"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// sample is a state with both kinds and the extreme keys.
func sample() *KV {
	kv := New(Options{})
	for i := range uint64(100) {
		execute(kv, Put(-i, i))
		execute(kv, PutBytes(i<<32+1, bytes.Repeat([]byte{byte(i)}, int(i*10))))
	}
	return kv
}

// reseal makes the checksum right again after a change.
func reseal(b []byte) []byte {
	body := b[:len(b)-trailerBytes]
	return binary.LittleEndian.AppendUint64(slices.Clone(body), crc64.Checksum(body, crc64.MakeTable(crc64.ECMA)))
}

func TestSnapshotRoundTrip(t *testing.T) {
	for _, kv := range []*KV{New(Options{}), sample()} {
		saved := snapshot(t, kv)
		// Whatever follows in the stream is left there; odd reads are no trouble.
		stream := bytes.NewReader(append(slices.Clone(saved), "the next service"...))
		fresh := sample()
		execute(fresh, Put(99, 99))
		if err := fresh.Restore(iotest.OneByteReader(stream)); err != nil {
			t.Fatal(err)
		}
		checkInvariants(t, fresh)
		if !bytes.Equal(snapshot(t, fresh), saved) || fresh.Digest() != kv.Digest() {
			t.Error("the restored state is another")
		}
		if rest, _ := io.ReadAll(stream); string(rest) != "the next service" {
			t.Errorf("Restore left %q in the stream", rest)
		}
	}
}

// TestRestoreMany: a table that was restored is as good as one that grew.
func TestRestoreMany(t *testing.T) {
	kv := New(Options{})
	for i := range uint64(100_000) {
		execute(kv, Put(i, i))
	}
	fresh := New(Options{})
	if err := fresh.Restore(bytes.NewReader(snapshot(t, kv))); err != nil {
		t.Fatal(err)
	}
	checkInvariants(t, fresh)
	if fresh.Digest() != kv.Digest() {
		t.Error("the restored state is another")
	}
	for i := range uint64(100_000) {
		execute(fresh, Put(i+100_000, i))
		execute(fresh, Delete(i))
	}
	checkInvariants(t, fresh)
}

func TestRestoreRefuses(t *testing.T) {
	good := snapshot(t, sample())
	change := func(at int, with ...byte) []byte {
		b := slices.Clone(good)
		copy(b[at:], with)
		return b
	}
	// The first two records are words or bytes; find where the second begins.
	length := int(binary.LittleEndian.Uint16(good[headerBytes+8:]))
	if length == wordMark {
		length = 8
	}
	first := good[headerBytes : headerBytes+recordBytes+length]
	limits := Options{}
	for name, c := range map[string]struct {
		limits Options
		input  []byte
		says   string
	}{
		"empty":          {limits, nil, "ends within the header"},
		"short":          {limits, good[:20], "ends within the header"},
		"foreign":        {limits, change(0, []byte("LevelDB!")...), "not a snapshot of kv"},
		"newer":          {limits, change(8, 2), "version 2"},
		"cut":            {limits, good[:len(good)/2], "ends within the records"},
		"cut at the end": {limits, good[:len(good)-1], "ends within the checksum"},
		"flipped":        {limits, change(len(good)-20, ^good[len(good)-20]), ""},
		"flipped sum":    {limits, change(len(good)-1, ^good[len(good)-1]), "checksum"},
		"too many keys":  {Options{MaxKeys: 10}, good, "Options.MaxKeys"},
		"too many bytes": {Options{MaxBytes: 10}, good, "Options.MaxBytes"},
		"huge":           {Options{MaxKeys: 1 << 62}, change(16, 0, 0, 0, 0, 0, 0, 0, 1), "header is damaged"},
		"large":          {limits, change(16, 0, 0, 0, 2), "ends within"},
		"impossible":     {limits, change(24, 0, 0, 1), "header is damaged"},
		"fewer bytes":    {limits, reseal(change(24, good[24]-1)), "other byte values"},
		"long value":     {limits, reseal(change(headerBytes+8, 1, 4+1)), "at most 1024"},
		"twice":          {limits, reseal(change(headerBytes+len(first), first...)), "out of order or there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			kv := New(c.limits)
			execute(kv, Put(1, 2))
			execute(kv, PutBytes(2, []byte("kept")))
			before := snapshot(t, kv)
			err := kv.Restore(bytes.NewReader(c.input))
			if !errors.Is(err, ErrSnapshot) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrSnapshot with %q", err, c.says)
			}
			checkInvariants(t, kv)
			if !bytes.Equal(snapshot(t, kv), before) {
				t.Error("the old state has changed")
			}
		})
	}
}

// TestRestoreHugeClaim: memory follows what is there, not what is claimed.
func TestRestoreHugeClaim(t *testing.T) {
	claim := header{keys: 1 << 40, byteKeys: 1 << 39, byteSum: 1 << 45}.append(nil)
	kv := New(Options{MaxKeys: 1 << 60, MaxBytes: 1 << 60})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := kv.Restore(bytes.NewReader(claim))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrSnapshot) {
		t.Errorf("got %v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for a header of %d", n, len(claim))
	}
}

func TestSnapshotFailures(t *testing.T) {
	broken := errors.New("the disk is on fire")
	kv := sample()
	saved := snapshot(t, kv)
	for _, n := range []int{0, 20, 100, len(saved) - 1} {
		r := io.MultiReader(bytes.NewReader(saved[:n]), iotest.ErrReader(broken))
		if err := kv.Restore(r); !errors.Is(err, broken) || errors.Is(err, ErrSnapshot) {
			t.Errorf("reader failing at %d: %v", n, err)
		}
		if err := kv.Snapshot(&failingWriter{n, broken}); !errors.Is(err, broken) {
			t.Errorf("writer failing at %d: %v", n, err)
		}
	}
}

// failingWriter takes n bytes.
type failingWriter struct {
	n   int
	err error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		return w.n, w.err
	}
	w.n -= len(b)
	return len(b), nil
}

func FuzzRestore(f *testing.F) {
	small := New(Options{})
	execute(small, Put(1, 2))
	execute(small, PutBytes(3, []byte("four")))
	f.Add(snapshot(f, small))
	f.Add(snapshot(f, New(Options{})))
	f.Add(reseal(snapshot(f, small)[:headerBytes+recordBytes+trailerBytes]))
	f.Fuzz(func(t *testing.T, input []byte) {
		// Reseal, or the checksum keeps the fuzzer out of everything behind it.
		inputs := [][]byte{input}
		if len(input) >= trailerBytes {
			inputs = append(inputs, reseal(input))
		}
		for _, input := range inputs {
			kv := New(Options{})
			execute(kv, Put(1, 1))
			before := kv.Digest()
			rest := bytes.NewReader(input)
			if err := kv.Restore(rest); err != nil {
				if !errors.Is(err, ErrSnapshot) || kv.Digest() != before {
					t.Fatalf("%v, digest %#x before, %#x after", err, before, kv.Digest())
				}
				continue
			}
			checkInvariants(t, kv)
			// A state has one snapshot: what was accepted is it.
			if taken := input[:len(input)-rest.Len()]; !bytes.Equal(snapshot(t, kv), taken) {
				t.Fatalf("accepted %x, writes %x", taken, snapshot(t, kv))
			}
		}
	})
}

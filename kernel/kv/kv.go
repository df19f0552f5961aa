package kv

import (
	"encoding/binary"

	"github.com/nrkern/nrkern/kernel"
)

const (
	// DefaultMaxKeys is the limit on keys where Options names none.
	DefaultMaxKeys = 64 << 20
	// DefaultMaxBytes is the limit on bytes where Options names none: 4 GiB.
	DefaultMaxBytes = 4 << 30
)

// Options are the limits of an instance. All replicas must have the same.
type Options struct {
	// MaxKeys bounds the number of keys; 0 means DefaultMaxKeys.
	MaxKeys uint64
	// MaxBytes bounds the sum of the lengths of all byte values; 0 means
	// DefaultMaxBytes. Words do not count.
	MaxBytes uint64
}

func (o Options) withDefaults() Options {
	if o.MaxKeys == 0 {
		o.MaxKeys = DefaultMaxKeys
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

// KV is an instance of the service.
type KV struct {
	_      [128]byte // replicas of one process write their counts on lines of their own
	limits Options
	table  table
	arena  arena
	// byteKeys counts the keys that hold bytes, byteSum adds their lengths.
	byteKeys, byteSum uint64
	_                 [128]byte
}

var _ kernel.Spanning = (*KV)(nil)

// New returns an empty instance.
func New(o Options) *KV { return &KV{limits: o.withDefaults(), table: newTable()} }

// Shards returns 256.
func (kv *KV) Shards() int { return shards }

// Shard returns the shard of the operation's key, or kernel.AllShards for
// several keys that are not of one shard.
func (kv *KV) Shard(op *kernel.Op) int {
	switch op.Code {
	case CodeSize, CodeScan:
		return kernel.AllShards
	case CodePutMany:
		return manyShard(op.Data)
	}
	return shardOf(mix(op.Args[0]))
}

// Apply executes an operation that changes state.
func (kv *KV) Apply(op *kernel.Op, res *kernel.Result) {
	res.Reset()
	h := mix(op.Args[0])
	switch op.Code {
	case CodePut:
		kv.put(h, op.Args[1], res)
	case CodePutBytes:
		kv.putBytes(h, op.Data, res)
	case CodeInsert:
		kv.insert(h, op.Args[1], res)
	case CodeDelete:
		kv.delete(h, res)
	case CodeCompareAndSwap:
		kv.compareAndSwap(h, op.Args[1], op.Args[2], res)
	case CodeAdd:
		kv.add(h, op.Args[1], res)
	case CodePutMany:
		kv.putMany(op, res)
	default:
		res.Status = kernel.StatusInvalid
	}
}

// Query executes an operation that only reads.
func (kv *KV) Query(op *kernel.Op, res *kernel.Result) {
	res.Reset()
	e := kv.table.find(mix(op.Args[0]))
	if op.Code == CodeGet && e != nil && e.tag&bytesFlag == 0 {
		res.Value = e.value
		return
	}
	kv.query(op, e, res)
}

// query answers what is not a word that was asked for. It is apart so that
// Query stays small.
func (kv *KV) query(op *kernel.Op, e *entry, res *kernel.Result) {
	c := op.Code
	switch {
	case c == CodeSize:
		res.Value = kv.table.keys
		return
	case c == CodeScan:
		kv.scan(op.Args[0], op.Args[1], op.Args[2], res)
		return
	case c < CodeGet || c > CodeGetAny:
		res.Status = kernel.StatusInvalid
		return
	}
	if e == nil {
		res.Status = kernel.StatusNotFound
		return
	}
	switch isBytes := e.tag&bytesFlag != 0; {
	case c == CodeGetAny && !isBytes:
		res.Value = uint64(KindWord)
		res.Data = binary.LittleEndian.AppendUint64(res.Data, e.value)
	case c == CodeGetAny:
		res.Value = uint64(KindBytes)
		res.Data = append(res.Data, kv.arena.bytes(ref(e.value))...)
	case c == CodeGetBytes && isBytes:
		res.Value = uint64(ref(e.value).len())
		res.Data = append(res.Data, kv.arena.bytes(ref(e.value))...)
	default:
		res.Status = kernel.StatusWrongType
	}
}

func (kv *KV) put(h, value uint64, res *kernel.Result) {
	e := kv.table.find(h)
	if e != nil {
		kv.toWord(e)
		res.Value = 1
	} else if e = kv.create(h); e == nil {
		res.Status = kernel.StatusFull
		return
	}
	e.value = value
}

func (kv *KV) putBytes(h uint64, data []byte, res *kernel.Result) {
	if len(data) > kernel.MaxData {
		res.Status = kernel.StatusInvalid
		return
	}
	e := kv.table.find(h)
	var old ref
	if e != nil && e.tag&bytesFlag != 0 {
		old = ref(e.value)
	}
	sum := kv.byteSum - uint64(old.len()) + uint64(len(data))
	if sum > kv.limits.MaxBytes {
		res.Status = kernel.StatusFull
		return
	}
	if e != nil {
		res.Value = 1
	} else if e = kv.create(h); e == nil {
		res.Status = kernel.StatusFull
		return
	}
	if e.tag&bytesFlag == 0 {
		e.tag |= bytesFlag
		kv.byteKeys++
	}
	kv.byteSum = sum
	e.value = uint64(kv.arena.replace(old, data))
}

func (kv *KV) insert(h, value uint64, res *kernel.Result) {
	e := kv.table.find(h)
	if e != nil {
		res.Status = kernel.StatusExists
		if e.tag&bytesFlag == 0 {
			res.Value = e.value
		}
		return
	}
	if e = kv.create(h); e == nil {
		res.Status = kernel.StatusFull
		return
	}
	e.value = value
}

func (kv *KV) delete(h uint64, res *kernel.Result) {
	e := kv.table.find(h)
	if e == nil {
		res.Status = kernel.StatusNotFound
		return
	}
	kv.toWord(e)
	kv.table.remove(h)
}

func (kv *KV) compareAndSwap(h, old, value uint64, res *kernel.Result) {
	e := kv.table.find(h)
	switch {
	case e == nil:
		res.Status = kernel.StatusNotFound
	case e.tag&bytesFlag != 0:
		res.Status = kernel.StatusWrongType
	case e.value != old:
		res.Status, res.Value = kernel.StatusMismatch, e.value
	default:
		res.Value, e.value = old, value
	}
}

func (kv *KV) add(h, n uint64, res *kernel.Result) {
	e := kv.table.find(h)
	if e != nil && e.tag&bytesFlag != 0 {
		res.Status = kernel.StatusWrongType
		return
	}
	if e == nil {
		if e = kv.create(h); e == nil {
			res.Status = kernel.StatusFull
			return
		}
	}
	e.value += n
	res.Value = e.value
}

// create inserts the word 0 for a missing key, or returns nil if the limit on
// keys is reached.
func (kv *KV) create(h uint64) *entry {
	if kv.table.keys >= kv.limits.MaxKeys {
		return nil
	}
	return kv.table.insert(h)
}

// toWord makes an entry one that holds a word.
func (kv *KV) toWord(e *entry) {
	if e.tag&bytesFlag == 0 {
		return
	}
	r := ref(e.value)
	kv.arena.free(r)
	kv.byteKeys--
	kv.byteSum -= uint64(r.len())
	e.tag &^= bytesFlag
	e.value = 0
}

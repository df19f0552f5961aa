package workload

import (
	"encoding/binary"
	"math/bits"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// generator makes a worker's operations, in place in the window.
type generator struct {
	random     Random
	keys       uint64
	writeLimit uint64
	zipf       *zipf // nil: uniform
	plain      bool  // uniform, and words

	valueBytes int
	values     []byte // with byte values, a buffer for each place
}

func newGenerator(s Spec, worker, window int) *generator {
	g := &generator{
		random: NewRandom(s.Seed, uint64(worker)), keys: s.Keys, writeLimit: s.writeLimit(),
		valueBytes: s.ValueBytes, values: make([]byte, window*s.ValueBytes),
	}
	if s.Distribution == Zipf {
		g.zipf = newZipf(s.Keys, s.ZipfTheta)
	}
	g.plain = g.zipf == nil && g.valueBytes == 0
	return g
}

// prepare sets what all operations of the window have in common.
func (g *generator) prepare(ops []kernel.Op) {
	for i := range ops {
		ops[i] = kernel.Op{Service: kv.ID}
	}
}

// readBit returns what makes a put a get, or 0 for a write.
func (g *generator) readBit(r uint64) kernel.Code {
	return kernel.Code((g.writeLimit - 1 - r&(1<<32-1)) >> 63 << 7)
}

// next makes the next operation. Field by field, because to copy a whole Op
// costs more than all the rest, and without a branch on what is random, because
// a wrong guess costs as much.
func (g *generator) next(op *kernel.Op, place int) {
	r := g.random.Next()
	key, _ := bits.Mul64(r, g.keys) // of the upper bits; the lower ones decide
	if g.zipf != nil {
		key = g.zipf.key(&g.random)
	}
	op.Code, op.Args[0], op.Args[1] = kv.CodePut|g.readBit(r), key, value(key, r)
	if g.valueBytes != 0 {
		g.nextBytes(op, place, !op.Code.IsQuery(), op.Args[1])
	}
}

// The code of a get is the code of a put with the bit of queries.
var _ = [1]struct{}{}[kv.CodeGet^kv.CodePut^kernel.QueryBit]

// nextBytes makes the operation one for byte values.
func (g *generator) nextBytes(op *kernel.Op, place int, write bool, word uint64) {
	if !write {
		op.Code, op.Data = kv.CodeGetBytes, nil
		return
	}
	op.Code = kv.CodePutBytes
	op.Data = g.values[place*g.valueBytes : (place+1)*g.valueBytes]
	if len(op.Data) >= 8 {
		binary.LittleEndian.PutUint64(op.Data, word)
	} else {
		op.Data[0] = byte(word >> 32)
	}
}

// value returns a word that names its key.
func value(key, r uint64) uint64 { return r<<32 | key&(1<<32-1) }

// expected reports whether an answer is one that the workload expects.
func (g *generator) expected(op *kernel.Op, res *kernel.Result, prefilled bool) bool {
	if !op.Code.IsQuery() {
		return res.Status == kernel.StatusOK
	}
	if res.Status != kernel.StatusOK {
		return res.Status == kernel.StatusNotFound && !prefilled
	}
	if !prefilled {
		return true // who knows what others have stored
	}
	if g.valueBytes == 0 {
		return uint32(res.Value) == uint32(op.Args[0])
	}
	return len(res.Data) == g.valueBytes &&
		(len(res.Data) < 8 || uint32(binary.LittleEndian.Uint64(res.Data)) == uint32(op.Args[0]))
}

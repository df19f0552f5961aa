package bench

import (
	"fmt"
	"math/bits"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// mix draws operations: uniform keys, a share of them writes. The bare map and
// the ports are driven with the same draws.
type mix struct {
	random workload.Random
	keys   uint64
	limit  uint64 // 32 bits below it mean a write
}

func newMix(keys, writes uint64, stream int) mix {
	return mix{random: workload.NewRandom(1, uint64(stream)), keys: keys, limit: writes << 32 / 100}
}

// next draws a key, a value that has the key in its lower half, and whether to
// read.
func (m *mix) next() (key, value uint64, read bool) {
	r := m.random.Next()
	key, _ = bits.Mul64(r, m.keys)
	return key, r<<32 | key&(1<<32-1), r&(1<<32-1) >= m.limit
}

// checkEvery is the number of operations between looks at the clock, which
// costs 12 ns.
const checkEvery = 64

// load drives one port. Its operations stay outstanding from one run to the
// next.
type load struct {
	_       transport.Pad
	port    kernel.Port
	ops     []kernel.Op
	results []kernel.Result
	mix     mix
	clock   *workload.Clock
	started bool
	wrong   uint64 // bits that were not what an answer should have
	_       transport.Pad
}

func newLoad(p kernel.Port, m mix) *load {
	l := &load{port: p, ops: p.Ops(), results: p.Results(), mix: m, clock: workload.ProcessClock()}
	for i := range l.ops {
		l.ops[i].Service = 1
	}
	return l
}

func (l *load) start(i int) {
	op := &l.ops[i]
	key, value, read := l.mix.next()
	op.Code, op.Args[0], op.Args[1] = codePut, key, value
	if read {
		op.Code = codeGet
	}
	l.port.Start(i)
}

// run keeps the window full until the clock reaches a time.
func (l *load) run(until uint64) (operations uint64, err error) {
	if !l.started {
		l.started = true
		for i := range l.ops {
			l.start(i)
		}
	}
	for n := uint64(0); ; n++ {
		if n%checkEvery == 0 && l.clock.Ticks() >= until {
			if l.wrong != 0 {
				return n, fmt.Errorf("%w: a status, or a value of another key (bits %#x)", errWrongAnswer, l.wrong)
			}
			return n, nil
		}
		i, err := l.port.Next()
		if err != nil {
			return n, err
		}
		op, res := &l.ops[i], &l.results[i]
		read := uint64(op.Code >> 7)
		l.wrong |= (res.Value^op.Args[0])&-read&(1<<32-1) | uint64(res.Status)
		l.start(i)
	}
}

// fill puts every key through a port.
func fill(p kernel.Port, keys uint64) error {
	for key := range keys {
		op := kernel.Op{Service: 1, Code: codePut, Args: [kernel.MaxArgs]uint64{key, key}}
		res, err := kernel.Call(p, op)
		if err == nil {
			err = res.Status.Err()
		}
		if err != nil {
			return fmt.Errorf("fill key %d of %d: %w", key, keys, err)
		}
	}
	return nil
}

// bareMap is the map alone on one thread: no port, no operation record.
type bareMap struct {
	m     map[uint64]uint64
	mix   mix
	clock *workload.Clock
	wrong uint64
}

func newBareMap(m mix) *bareMap {
	b := &bareMap{m: map[uint64]uint64{}, mix: m, clock: workload.ProcessClock()}
	for key := range m.keys {
		b.m[key] = key
	}
	return b
}

func (b *bareMap) run(_ int, until uint64) (operations uint64, err error) {
	for n := uint64(0); ; n++ {
		if n%checkEvery == 0 && b.clock.Ticks() >= until {
			if b.wrong != 0 {
				return n, fmt.Errorf("%w: a value of another key (bits %#x)", errWrongAnswer, b.wrong)
			}
			return n, nil
		}
		key, value, read := b.mix.next()
		if read {
			b.wrong |= (b.m[key] ^ key) & (1<<32 - 1)
		} else {
			b.m[key] = value
		}
	}
}

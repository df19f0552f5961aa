package workload

import "math/bits"

// Draws gives a worker's operations one by one, to what is no Port: a bare data
// structure, say, which is to be set beside a structure under the same load.
type Draws struct{ gen *generator }

// NewDraws returns the draws of a worker. Values are words.
func NewDraws(s Spec, worker int) (*Draws, error) {
	s.ValueBytes = 0
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &Draws{newGenerator(s, worker, 1)}, nil
}

// Next draws a key, a value that has the key in its lower half, and whether to
// write it: as Run does, with the same stream.
func (d *Draws) Next() (key, v uint64, write bool) {
	g := d.gen
	r := g.random.Next()
	key, _ = bits.Mul64(r, g.keys)
	if g.zipf != nil {
		key = g.zipf.key(&g.random)
	}
	return key, value(key, r), g.readBit(r) == 0
}

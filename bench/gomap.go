package bench

import "github.com/nrkern/nrkern/kernel"

// The codes of the two services: those of kv, so that one load drives all.
const (
	codePut = kernel.Code(1)
	codeGet = kernel.QueryBit | 1
)

// goMap is a Go map as a service: what somebody has who brings a structure of
// their own.
type goMap struct {
	_ [128]byte
	kernel.Simple
	m map[uint64]uint64
	// Every write to a Go map writes its header, some 48 bytes that the
	// allocator packs side by side: the headers of two replicas' maps would
	// share a line. These are the neighbours that keep them apart.
	neighbours [16]map[uint64]uint64
	_          [128]byte
}

var _ kernel.Service = (*goMap)(nil)

func newGoMap() kernel.Service {
	g := new(goMap)
	for i := range g.neighbours {
		g.neighbours[i] = make(map[uint64]uint64)
	}
	g.m = g.neighbours[len(g.neighbours)/2]
	return g
}

// Apply puts Args[1] under the key Args[0].
func (g *goMap) Apply(op *kernel.Op, res *kernel.Result) {
	g.m[op.Args[0]] = op.Args[1]
}

// Query gets what is under the key Args[0].
func (g *goMap) Query(op *kernel.Op, res *kernel.Result) {
	v, ok := g.m[op.Args[0]]
	if !ok {
		res.Status = kernel.StatusNotFound
	}
	res.Value = v
}

// Digest adds up the pairs: the order of a map does not matter to it.
func (g *goMap) Digest() uint64 {
	var sum uint64
	for k, v := range g.m {
		sum += (k ^ v*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	}
	return sum
}

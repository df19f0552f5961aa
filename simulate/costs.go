//go:build !nrkern_nohook

package simulate

// costs says how much time an access takes, by where its line was. The unit is
// the machine's: steps here, where every access takes one. A model of a real
// machine gives integer picoseconds for each, from a file, and makes a queue of
// every line and link; this is its place.
type costs [servedKinds]uint64

// steps are the costs of a machine without a model.
var steps = costs{1, 1, 1, 1, 1}

// lead is how far a core of a counting machine may be ahead of the core that is
// farthest behind, in steps: as many accesses as it makes before another gets
// its turn. A pause of a polling core is as long.
const lead = 16

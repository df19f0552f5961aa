package transport

// pause tells the core that it spins (PAUSE): the sibling thread runs better,
// and the loop leaves without a memory-order mis-speculation.
//
//go:noescape
func pause()

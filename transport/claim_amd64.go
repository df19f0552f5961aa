package transport

// claim asks for a line, to be written soon (PREFETCHW): the core goes on, and finds
// the line its own when it comes to it.
//
//go:noescape
func claim(line *uint64)

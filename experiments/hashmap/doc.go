// Package hashmap is the experiment of the NR figure: a hash map under reads
// and writes, by structure, mix, distribution of keys, nodes and threads. Go maps in the same
// run are set beside it. The shapes are in shapes.go, the loads in blocks.go.
//
//	def := hashmap.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package hashmap

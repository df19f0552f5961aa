// Package channel is the experiment of the message channels: round trips,
// streams, the three flow controls, the size of the ring, and what polling many
// open channels costs. The shapes are in shapes.go, what the two threads do in
// talk.go.
//
//	def := channel.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package channel

// Package shmvsmessages is the experiment of figure 3 of the multikernel paper:
// threads that update shared cache lines themselves, against threads that ask a
// server by messages. The shapes are in shapes.go, what the threads do in
// update.go.
//
//	def := shmvsmessages.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package shmvsmessages

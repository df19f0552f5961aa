// Package log is the experiment of the operation log by itself: appends that do
// nothing, by batch, size of the entry, size of the log, replicas and home node.
// The shapes are in shapes.go, what the threads do in append.go.
//
//	def := log.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package log

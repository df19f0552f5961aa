// Package capabilities is the experiment of what a retype and a revoke cost, by the
// number of kernels and of copies, when kernels agree by messages, by a log, or not at
// all.
// What is expected of it, and by whom, is in its shapes and in its README.
//
//	def := capabilities.Definition()
//
// Concurrency: a definition is a value; running it is package experiment's
// affair.
package capabilities

// Package results is what an experiment leaves: rows of samples, the manifest
// that says how they came about, the summary that says what they show, and the
// folder that holds all three.
//
//	manifest.json   version, command line, machine, noise, what was planned and done
//	data.csv        one row a sample: variant, factors, repetition, metrics, placement
//	summary.json    medians with intervals, and what became of each expected shape
//	bench.txt       every sample in Go's benchmark format, for benchstat
//	plot.svg, .png  the figures, for papers; report.html, for people
//
// A folder is written aside (Writer) and renamed when it is complete, so that
// what has a folder's name is always whole. Samples go to data.csv as they come:
// of a run that is killed, the folder aside keeps them.
//
// What was not measured is an empty field of the CSV, null in JSON, and NaN in
// memory: never 0.
//
// Concurrency: a Table and a Writer belong to one goroutine.
package results

import _ "github.com/nrkern/nrkern/internal/platform" // a clear build error elsewhere

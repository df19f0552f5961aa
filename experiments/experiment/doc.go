// Package experiment is how an experiment is defined and run.
//
//	Definition ── Blocks(lab) ──▶ Block: boots what its cells need
//	                                Cell: one variant at one point
//	                                  probe, sample, probe
//	                                  ...
//	Run: for each block, repetition after repetition, the variants of a point in
//	turn (A B C, then B C A), so that what the host does meanwhile hits all alike
//	  ──▶ results folder, with the shapes judged
//
// A repetition is a sample of every cell of a block. Cells that have too few
// samples in one placement after the planned repetitions get some more. A scale
// says how many repetitions, how long a sample is, and how long an experiment
// may take: at its limit it ends after the repetition that runs, and says so.
//
// A run that is interrupted, or that an error ends, writes what it has; the
// manifest says which of the two it was.
//
// Concurrency: one experiment of a process runs at a time.
package experiment

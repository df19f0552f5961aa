// Command nrbench prints how near nrkern is to the limit of this machine: its
// channels, NR and the multikernel beside C programs, the bare map and the
// locks, in one run of about four minutes.
//
//	nrbench                       the whole table
//	nrbench -rows UMP -o bench    some rows, for benchstat
//	nrbench -save DIR             table.txt, bench.txt and results.json as well
//
// It needs two CPUs, and a C compiler for the reference; what cannot be
// measured says why. The row about the simulation hook compares with a build of
// this command with -tags nrkern_nohook, which `make bench` makes. Exit
// codes are those of nrkern: 0 ok, 1 failure, 2 usage, 3 not supported here,
// 130 interrupted. A missed target is no failure.
//
// Concurrency: one run at a time on a machine, and nothing else that wants the
// CPUs.
package main

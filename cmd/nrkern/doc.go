// Command nrkern boots a machine of kernel processes, one for each NUMA node,
// and compares the structures that their state can have: nr, multikernel and
// biglock.
//
//	nrkern demo                                  boot all three, compare, tidy up
//	nrkern start --mode=nr --topology 2x1        boot one; stays in front
//	nrkern sys kv put 7 42 --node 0              write at one node,
//	nrkern sys kv get 7 --node 1                 read at another
//	nrkern bench kv --write-ratio 10 -o json     load on all nodes
//	nrkern check                                 is it linearizable?
//	nrkern status; nrkern stop
//
// Each subcommand is a file, with a script in testdata/script that runs it for
// real. A subcommand asks a machine through package node: the control socket
// in the run directory, or, for demo, the machines it booted itself.
//
// Data goes to standard output, as a table, JSON or CSV (-o); logs go to
// standard error. The keys of the JSON are stable, in snake_case, with the unit
// last. Exit statuses: 0 success, 1 failure, 2 wrong usage, 3 not supported
// here or a missing privilege, 4 a check failed, 130 interrupted.
//
// Concurrency: a process runs one subcommand, whose context ends with the first
// SIGINT, SIGTERM or SIGHUP: the subcommand then ends what it started and
// returns. A second signal kills, and kernel processes go with their supervisor.
package main

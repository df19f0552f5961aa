// Command probe runs in a guest and reports what that machine's Linux says. Its
// findings go to standard output as one JSON value of package
// guest/probe/report.
//
//	probe nodes      the nodes by sysfs, read without package numa: a check of
//	                 numa must not rest on numa
//	probe topology   the nodes by numa
//	probe pins       where threads run that numa pinned, CPU by CPU
//	probe stripes    where pages are that numa bound, node by node
//	probe inherited  where the heap and the threads are of a process that was
//	                 executed from a bound thread, node by node
//	probe hold       leaves a process behind that is pinned to a node, and holds
//	                 hugepages on every node
//	probe placed [X] where pages and threads are of the processes that were left
//	                 behind by X, as others see them; X is a program's name,
//	                 and probe without it
//	probe processes  the numbers of all processes that are no kernel threads
//	probe write N    N bytes, all values in turn: a test of the way out
//	probe fail       something on both outputs, and exit code 7
//	probe orphan     leaves a child that holds its output, and prints its number
//	probe sleep      waits for a signal
//	probe panic      makes the kernel panic
//	probe off        switches the machine off
//
// Where a thread or a page is, the kernel tells: getcpu and move_pages are
// called here, beside what numa says of the same.
//
// Concurrency: subcommands that pin threads start a goroutine for each, which
// ends with its thread; they run one at a time.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// A subcommand returns what to print as JSON, or nil.
var subcommands = map[string]func(args []string) (any, error){
	"nodes":     func([]string) (any, error) { return nodes("/sys/devices/system/node") },
	"topology":  topology,
	"pins":      pins,
	"stripes":   stripes,
	"inherited": inherited,
	heapArg:     heap,
	"hold":      hold,
	heldArg:     held,
	"placed":    placed,
	"processes": processes,
	"write":     write,
	"fail":      fail,
	"orphan":    orphan,
	"sleep":     sleep,
	"panic":     panicKernel,
	"off":       off,
}

func main() {
	if len(os.Args) < 2 || subcommands[os.Args[1]] == nil {
		fmt.Fprintf(os.Stderr, "probe: no subcommand in %q\n", os.Args)
		os.Exit(2)
	}
	found, err := subcommands[os.Args[1]](os.Args[2:])
	if err == nil && found != nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

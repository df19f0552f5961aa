package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// reserveTries is how often a short pool is asked for more in vain.
const reserveTries = 5

// reserve takes 2 MiB pages from a node's memory into its pool. The kernel
// takes as many as it can get and calls that a success, so it is asked again
// how many there are; and it stops early when a signal is pending, as the Go
// runtime sends them to itself, so it is told again.
func reserve(node, pages int) error {
	if pages == 0 {
		return nil
	}
	pool := fmt.Sprintf("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages", node)
	got := 0
	for try := 0; got < pages && try < reserveTries; try++ {
		if err := os.WriteFile(pool, []byte(strconv.Itoa(pages)), 0); err != nil {
			return fmt.Errorf("reserving %d hugepages on node %d: %w", pages, node, err)
		}
		raw, err := os.ReadFile(pool)
		if err != nil {
			return fmt.Errorf("reserving %d hugepages on node %d: %w", pages, node, err)
		}
		before := got
		if got, err = strconv.Atoi(strings.TrimSpace(string(raw))); err != nil {
			return fmt.Errorf("hugepages of node %d: %w", node, err)
		}
		if got > before {
			try = 0
		}
	}
	if got < pages {
		return fmt.Errorf("node %d: wanted %d hugepages of 2 MiB, got %d: give the node more memory", node, pages, got)
	}
	return nil
}

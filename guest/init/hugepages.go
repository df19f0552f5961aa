package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// reserve takes 2 MiB pages from a node's memory into its pool. The kernel
// takes as many as it can get and calls that a success, so it is asked again
// how many there are.
func reserve(node, pages int) error {
	if pages == 0 {
		return nil
	}
	pool := fmt.Sprintf("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages", node)
	if err := os.WriteFile(pool, []byte(strconv.Itoa(pages)), 0); err != nil {
		return fmt.Errorf("reserving %d hugepages on node %d: %w", pages, node, err)
	}
	raw, err := os.ReadFile(pool)
	if err != nil {
		return fmt.Errorf("reserving %d hugepages on node %d: %w", pages, node, err)
	}
	if got := strings.TrimSpace(string(raw)); got != strconv.Itoa(pages) {
		return fmt.Errorf("node %d: wanted %d hugepages of 2 MiB, got %s: give the node more memory", node, pages, got)
	}
	return nil
}

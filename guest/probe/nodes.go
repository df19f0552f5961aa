package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/guest/probe/report"
)

// nodes reads all nodes that are online from a sysfs folder of nodes.
func nodes(root string) ([]report.Node, error) {
	online, err := list(filepath.Join(root, "online"))
	if err != nil {
		return nil, err
	}
	var all []report.Node
	for _, id := range online {
		dir := filepath.Join(root, fmt.Sprintf("node%d", id))
		n := report.Node{ID: id}
		if n.CPUs, err = list(filepath.Join(dir, "cpulist")); err != nil {
			return nil, err
		}
		if n.MemoryKiB, err = memTotal(filepath.Join(dir, "meminfo")); err != nil {
			return nil, err
		}
		distances, err := os.ReadFile(filepath.Join(dir, "distance"))
		if err != nil {
			return nil, err
		}
		for f := range strings.FieldsSeq(string(distances)) {
			d, err := strconv.Atoi(f)
			if err != nil {
				return nil, fmt.Errorf("distance of node %d: %w", id, err)
			}
			n.Distances = append(n.Distances, d)
		}
		pool := filepath.Join(dir, "hugepages", "hugepages-2048kB")
		// A node without memory has no pool.
		if _, err := os.Stat(pool); err == nil {
			if n.Hugepages, err = number(filepath.Join(pool, "nr_hugepages")); err != nil {
				return nil, err
			}
			if n.HugepagesFree, err = number(filepath.Join(pool, "free_hugepages")); err != nil {
				return nil, err
			}
		}
		all = append(all, n)
	}
	return all, nil
}

func number(path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// list reads a list such as 0-3,8.
func list(path string) ([]int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all := []int{}
	text := strings.TrimSpace(string(raw))
	if text == "" {
		return all, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.Atoi(first)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		b, err := strconv.Atoi(last)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for ; a <= b; a++ {
			all = append(all, a)
		}
	}
	return all, nil
}

// memTotal reads "Node 0 MemTotal:  123 kB".
func memTotal(path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) == 5 && f[2] == "MemTotal:" {
			return strconv.Atoi(f[3])
		}
	}
	return 0, fmt.Errorf("%s has no MemTotal", path)
}

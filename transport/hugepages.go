package transport

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/numa"
)

// Hugepages says whether a segment is on 2 MiB pages.
type Hugepages string

// The choices of --hugepages.
const (
	// HugepagesRequire fails when a node has too few.
	HugepagesRequire Hugepages = "require"
	// HugepagesPrefer falls back to ordinary pages, with a warning.
	HugepagesPrefer Hugepages = "prefer"
	// HugepagesOff uses ordinary pages.
	HugepagesOff Hugepages = "off"
)

// ParseHugepages checks the value of a --hugepages flag.
func ParseHugepages(s string) (Hugepages, error) {
	switch h := Hugepages(s); h {
	case HugepagesRequire, HugepagesPrefer, HugepagesOff:
		return h, nil
	}
	return "", fmt.Errorf("--hugepages=%s: want require, prefer or off", s)
}

// ErrHugepages is the error of a segment that needs more hugepages than a node
// has free.
var ErrHugepages = errors.New("too few hugepages")

// HugepagesError says what a segment needs of each Linux node and what is free.
type HugepagesError struct {
	Wanted, Free map[int]uint64 // 2 MiB pages by Linux node; Free is nil if not known
	Cause        error          // what the kernel said, if it was asked
}

// Error names each node that has too few, and the commands that mend it.
func (e *HugepagesError) Error() string {
	var what, how []string
	for _, node := range sortedKeys(e.Wanted) {
		want, free := e.Wanted[node], e.Free[node]
		if free >= want && e.Cause == nil {
			continue
		}
		found := fmt.Sprintf("%d free", free)
		if e.Free == nil {
			found = "free not known"
		}
		what = append(what, fmt.Sprintf("node %d: %d wanted, %s", node, want, found))
		more := want - min(free, want)
		if more == 0 {
			more = want // those that are free are promised to somebody else
		}
		how = append(how, fmt.Sprintf("echo $(( $(cat %[1]s) + %[2]d )) > %[1]s",
			fmt.Sprintf("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages", node), more))
	}
	s := fmt.Sprintf("%v of 2 MiB (%s); reserve them as root: %s; or use --hugepages=off",
		ErrHugepages, strings.Join(what, "; "), strings.Join(how, "; "))
	if e.Cause != nil {
		s += fmt.Sprintf(" (the kernel said: %v)", e.Cause)
	}
	return s
}

// Unwrap returns ErrHugepages and the cause.
func (e *HugepagesError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrHugepages}
	}
	return []error{ErrHugepages, e.Cause}
}

// checkPools compares what the regions need with what is free now. It is a
// forecast: somebody else may take the pages before they are populated.
func checkPools(regions []region, memory []int) error {
	wanted := pagesWanted(regions, memory)
	free, err := freePages()
	if err != nil {
		return &HugepagesError{Wanted: wanted, Cause: err}
	}
	for node, n := range wanted {
		if free[node] < n {
			return &HugepagesError{Wanted: wanted, Free: free}
		}
	}
	return nil
}

// freePages returns the free hugepages of each Linux node.
func freePages() (map[int]uint64, error) {
	pools, err := numa.Pools()
	if err != nil {
		return nil, err
	}
	free := map[int]uint64{}
	for _, p := range pools {
		if p.PageSize == hugePageSize {
			free[p.Node] += p.Free
		}
	}
	return free, nil
}

func pagesWanted(regions []region, memory []int) map[int]uint64 {
	wanted := map[int]uint64{}
	for _, r := range regions {
		nodes := r.policy(memory).Nodes
		pages := r.size / hugePageSize
		for i, node := range nodes {
			share := pages / uint64(len(nodes))
			if uint64(i) < pages%uint64(len(nodes)) {
				share++
			}
			wanted[node] += share
		}
	}
	return wanted
}

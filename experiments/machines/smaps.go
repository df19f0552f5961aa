package machines

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// segmentName is by what the segment's mapping goes in /proc/PID/smaps.
const segmentName = "/memfd:nrkern"

// Memory is what Linux says of a process's memory, in bytes.
type Memory struct {
	// Segment is the size of its mapping of the segment, Resident how much of that
	// has pages here.
	Segment, Resident uint64
	// Private is what the process has for itself.
	Private uint64
}

// ProcessMemory reads /proc/PID/smaps.
func ProcessMemory(pid int) (Memory, error) {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/smaps")
	if err != nil {
		return Memory{}, err
	}
	defer func() { _ = f.Close() }()
	m, err := parseMemory(f)
	if err != nil {
		return m, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return m, nil
}

// parseMemory adds up the mappings: a line with the address and what is mapped
// begins each, lines such as "Rss: 12 kB" follow.
func parseMemory(from io.Reader) (m Memory, err error) {
	segment := false
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if !strings.HasSuffix(fields[0], ":") {
			segment = len(fields) > 5 && strings.HasPrefix(fields[5], segmentName)
			continue
		}
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		kb, err := strconv.ParseUint(fields[1], 10, 50)
		if err != nil {
			return m, fmt.Errorf("%q: want a number of kB", lines.Text())
		}
		switch fields[0] {
		case "Size:":
			if segment {
				m.Segment += kb << 10
			}
		case "Rss:", "Shared_Hugetlb:", "Private_Hugetlb:":
			if segment {
				m.Resident += kb << 10
			}
		case "Private_Clean:", "Private_Dirty:":
			if !segment {
				m.Private += kb << 10
			}
		}
	}
	return m, lines.Err()
}

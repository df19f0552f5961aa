package numa

import (
	"bufio"
	"os"
	"strings"
)

// CPUModel returns the name by which the first processor goes in /proc/cpuinfo,
// or "unknown" where Linux gives none. It is for people: what two machines call
// the same may differ in all else.
func CPUModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

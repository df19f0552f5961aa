package numa

import (
	"fmt"
	"strings"
)

// formatBytes gives a size in the largest binary unit that keeps it short:
// "4096 B", "2.0 MiB".
func formatBytes(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			return strings.Replace(fmt.Sprintf("%.1f %s", float64(n)/float64(u.size), u.name), ".0 ", " ", 1)
		}
	}
	return fmt.Sprintf("%d B", n)
}

func describeCPUs(list []int) string  { return describeMany("CPU", list) }
func describeNodes(list []int) string { return describeMany("node", list) }

// describeMany gives "CPU 3", "CPUs 0-3" or "no CPU".
func describeMany(name string, list []int) string {
	switch distinctLen := len(distinct(list)); distinctLen {
	case 0:
		return "no " + name
	case 1:
		return name + " " + FormatList(list)
	default:
		return name + "s " + FormatList(list)
	}
}

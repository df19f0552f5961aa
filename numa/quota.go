package numa

import (
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// Quota gives how many CPUs' worth of time the process's cgroup may use (cpu.max
// of it and its ancestors, cgroup v2): 1.5 is one and a half. Without a limit,
// or where there is no cgroup v2, ok is false. A process that spins beyond its
// quota is stopped for the rest of each period, mostly 100 ms.
func Quota() (cpus float64, ok bool) {
	return readQuota(os.DirFS("/proc/self"), os.DirFS("/sys/fs/cgroup"))
}

func readQuota(self, cgroups fs.FS) (cpus float64, ok bool) {
	data, err := fs.ReadFile(self, "cgroup")
	if err != nil {
		return 0, false
	}
	lowest := math.Inf(1)
	for line := range strings.Lines(string(data)) {
		group, found := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		if !found {
			continue
		}
		for dir := path.Clean(group); ; dir = path.Dir(dir) {
			if text, err := (sysfs{cgroups}).text(path.Join(dir, "cpu.max")); err == nil {
				lowest = min(lowest, parseQuota(text))
			}
			if dir == "." || strings.HasPrefix(dir, "..") {
				break
			}
		}
	}
	return lowest, !math.IsInf(lowest, 1)
}

// parseQuota reads "150000 100000", microseconds of CPU in microseconds;
// infinite for "max 100000" and for what makes no sense.
func parseQuota(text string) float64 {
	words := strings.Fields(text)
	if len(words) != 2 {
		return math.Inf(1)
	}
	quota, err := strconv.ParseUint(words[0], 10, 32)
	period, errPeriod := strconv.ParseUint(words[1], 10, 32)
	if err != nil || errPeriod != nil || quota == 0 || period == 0 {
		return math.Inf(1)
	}
	return float64(quota) / float64(period)
}

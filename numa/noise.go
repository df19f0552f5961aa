package numa

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Noise is who else uses the CPUs: other programs, and other guests of the
// host. A reading counts from boot; the difference of two (Since) is what
// happened between them.
type Noise struct {
	// Load1, Load5 and Load15 are the load averages over so many minutes: tasks
	// that run or want to.
	Load1  float64 `json:"load_1min"`
	Load5  float64 `json:"load_5min"`
	Load15 float64 `json:"load_15min"`
	// Runnable is how many tasks run or want to at this moment, the reader
	// included.
	Runnable int `json:"runnable"`
	// All sums the CPUs, ascending by number and online ones only.
	All  CPUTime   `json:"all"`
	CPUs []CPUTime `json:"cpus"`
}

// CPUTime is how a CPU spent its time, in ticks of 1/100 s (USER_HZ).
type CPUTime struct {
	CPU   int    `json:"cpu"` // -1 for the sum of all
	Busy  uint64 `json:"busy_ticks"`
	Idle  uint64 `json:"idle_ticks"`  // waiting for a disk included
	Steal uint64 `json:"steal_ticks"` // wanted to run, while the host ran another guest
}

// Total is all time that passed on the CPU, in ticks.
func (c CPUTime) Total() uint64 { return c.Busy + c.Idle + c.Steal }

// StealRatio is the part of the time the CPU was taken away, 0 to 1.
func (c CPUTime) StealRatio() float64 { return ratio(c.Steal, c.Total()) }

// BusyRatio is the part of the time the CPU worked, 0 to 1.
func (c CPUTime) BusyRatio() float64 { return ratio(c.Busy, c.Total()) }

func ratio(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// HostNoise takes a reading on this machine.
func HostNoise() (Noise, error) { return ReadNoise(os.DirFS("/proc")) }

// ReadNoise takes a reading from stat and loadavg of a /proc. Either missing or
// damaged is an ErrNotSupported.
func ReadNoise(proc fs.FS) (Noise, error) {
	var n Noise
	stat, err := fs.ReadFile(proc, "stat")
	if err != nil {
		return n, fmt.Errorf("numa: noise: %w: %w", ErrNotSupported, err)
	}
	found := false
	for line := range strings.Lines(string(stat)) {
		c, ok := parseCPUTime(line)
		switch {
		case !ok:
		case c.CPU < 0:
			n.All, found = c, true
		default:
			n.CPUs = append(n.CPUs, c)
		}
	}
	if !found {
		return n, fmt.Errorf("numa: noise: %w: /proc/stat has no line \"cpu\"", ErrNotSupported)
	}
	load, err := fs.ReadFile(proc, "loadavg")
	if err != nil {
		return n, fmt.Errorf("numa: noise: %w: %w", ErrNotSupported, err)
	}
	var tasks, last int
	if _, err := fmt.Sscanf(string(load), "%f %f %f %d/%d %d", &n.Load1, &n.Load5, &n.Load15, &n.Runnable, &tasks, &last); err != nil {
		return n, fmt.Errorf("numa: noise: %w: /proc/loadavg holds %s", ErrNotSupported, shorten(string(load)))
	}
	return n, nil
}

// parseCPUTime reads "cpu3 USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ..."
// (proc(5)); guest time, which follows, is part of user time already.
func parseCPUTime(line string) (CPUTime, bool) {
	words := strings.Fields(line)
	if len(words) < 9 || !strings.HasPrefix(words[0], "cpu") {
		return CPUTime{}, false
	}
	c := CPUTime{CPU: -1}
	if id := words[0][len("cpu"):]; id != "" {
		n, err := parseListNumber(id)
		if err != nil {
			return CPUTime{}, false
		}
		c.CPU = n
	}
	var ticks [8]uint64
	for i := range ticks {
		t, err := strconv.ParseUint(words[i+1], 10, 60)
		if err != nil {
			return CPUTime{}, false
		}
		ticks[i] = t
	}
	c.Busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]
	c.Idle = ticks[3] + ticks[4]
	c.Steal = ticks[7]
	return c, true
}

// Since gives the time between an earlier reading and this one; load averages
// stay as they are now. CPUs that came online in between are left out.
func (n Noise) Since(earlier Noise) Noise {
	diff := n
	diff.All = n.All.since(earlier.All)
	diff.CPUs = nil
	for _, c := range n.CPUs {
		i := slices.IndexFunc(earlier.CPUs, func(e CPUTime) bool { return e.CPU == c.CPU })
		if i >= 0 {
			diff.CPUs = append(diff.CPUs, c.since(earlier.CPUs[i]))
		}
	}
	return diff
}

// since subtracts; Linux's idle and steal times can run backwards a little.
func (c CPUTime) since(e CPUTime) CPUTime {
	minus := func(a, b uint64) uint64 { return a - min(a, b) }
	return CPUTime{CPU: c.CPU, Busy: minus(c.Busy, e.Busy), Idle: minus(c.Idle, e.Idle), Steal: minus(c.Steal, e.Steal)}
}

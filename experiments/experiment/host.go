package experiment

import (
	"math"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
	"golang.org/x/sys/unix"
)

// describe returns what a run was measured on.
func (l *Lab) describe() results.Host {
	h := l.host()
	d := results.Host{
		CPU: numa.CPUModel(), CPUs: h.CPUs, Nodes: h.Nodes, Caches: h.Caches, Go: runtime.Version(), Memory: memory(),
		Clock: workload.ProcessClock().Source(), Topology: l.Topology.String(), Tuning: numa.HostTuning(),
	}
	if release, err := numa.Kernel(); err == nil {
		d.Linux = release.String()
	}
	return d
}

// memory is the machine's memory in bytes; 0 where Linux does not say.
func memory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return info.Totalram * uint64(info.Unit)
}

// revision is what this program was built from, where the build recorded it.
func revision() (rev *string, modified *bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, nil
	}
	for _, s := range info.Settings {
		switch value := s.Value; s.Key {
		case "vcs.revision":
			rev = &value
		case "vcs.modified":
			if m, err := strconv.ParseBool(value); err == nil {
				modified = &m
			}
		}
	}
	return rev, modified
}

// noise watches who else uses the machine.
type noise struct {
	before *numa.Noise
	own    time.Duration // CPU time of this program, and of its kernels that ended
	found  results.Noise
}

// noiseSpan is how long the idle machine is watched.
const noiseSpan = 100 * time.Millisecond

func watchNoise() *noise {
	n := new(noise)
	n.found.BusyBefore = busyNow()
	if now, err := numa.HostNoise(); err == nil {
		n.before, n.own, n.found.LoadBefore = &now, ownTime(), &now.Load1
	}
	return n
}

func (n *noise) end() results.Noise {
	if now, err := numa.HostNoise(); err == nil {
		n.found.LoadAfter = &now.Load1
		if n.before != nil {
			all := now.Since(*n.before).All
			steal := 100 * all.StealRatio()
			n.found.Steal = &steal
			n.found.Others = others(all, ownTime()-n.own)
		}
	}
	n.found.BusyAfter = busyNow()
	return n.found
}

// others is the share of the time that the CPUs worked for others, in percent; nil
// where Linux does not say.
func others(all numa.CPUTime, own time.Duration) *float64 {
	if own < 0 || all.Total() == 0 {
		return nil
	}
	const tick = 10 * time.Millisecond
	share := 100 * max(0, float64(all.Busy)-float64(own)/float64(tick)) / float64(all.Total())
	return &share
}

// ownTime is the CPU time of this program and of the processes that it started,
// those that have ended; less than nothing where Linux does not say.
func ownTime() (sum time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var used unix.Rusage
		if unix.Getrusage(who, &used) != nil {
			return math.MinInt64 / 2
		}
		sum += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return sum
}

// busyNow is how busy the CPUs are, in percent, while nothing of ours runs.
func busyNow() *float64 {
	before, err := numa.HostNoise()
	if err != nil {
		return nil
	}
	time.Sleep(noiseSpan)
	now, err := numa.HostNoise()
	if err != nil {
		return nil
	}
	busy := 100 * now.Since(before).All.BusyRatio()
	return &busy
}

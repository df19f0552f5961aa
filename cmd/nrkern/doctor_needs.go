package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nrkern/nrkern/numa"
)

// What a machine needs to start.

func judgeLinux(f facts) []finding {
	line := finding{Name: "linux", Verdict: fine}
	switch err := f.release.Check(); {
	case f.os != "linux" || f.arch != "amd64":
		line.Verdict, line.Reason, line.Remedy = fail, fmt.Sprintf("%s/%s", f.os, f.arch), "run on linux/amd64"
	case f.releaseErr != nil:
		line.Verdict, line.Reason, line.Remedy = warn, f.releaseErr.Error(), "make sure that Linux is "+numa.MinRelease.Text+" or later"
	case err != nil:
		line.Verdict, line.Reason = fail, fmt.Sprintf("Linux %s is older than %s", f.release, numa.MinRelease)
		line.Remedy = "upgrade the kernel: earlier ones cannot populate memory with an error instead of a crash (MADV_POPULATE_WRITE)"
	default:
		line.Reason = fmt.Sprintf("Linux %s on %s (%s or later is needed)", f.release, f.arch, numa.MinRelease)
	}
	return []finding{line}
}

func judgeCPUs(f facts) []finding {
	if f.topoErr != nil {
		return nil
	}
	usable := f.topology.Usable()
	online, siblings := 0, false
	for _, c := range f.topology.CPUs {
		if c.Online {
			online++
			siblings = siblings || len(c.Siblings) > 1
		}
	}
	line := finding{Name: "cpus", Verdict: fine, Reason: fmt.Sprintf("%s usable of %d online", plural(len(usable), "CPU"), online)}
	if siblings {
		line.Reason += ", some are SMT siblings"
	} else {
		line.Reason += ", no SMT siblings"
	}
	if len(usable) < 2 {
		line.Verdict = warn
		line.Remedy = "use at least 2 CPUs: nodes that share one take turns, and nothing crosses between CPUs"
	}
	lines := []finding{line}
	if len(usable) < online {
		lines = append(lines, finding{
			Name: "affinity", Verdict: warn,
			Reason: fmt.Sprintf("this process may run on CPUs %s only", numa.FormatList(usable)),
			Remedy: "widen its affinity or cpuset (taskset -p, cpuset.cpus), if all CPUs are meant",
		})
	}
	if f.quota > 0 && f.quota < float64(len(usable)) {
		lines = append(lines, finding{
			Name: "quota", Verdict: warn,
			Reason: fmt.Sprintf("the cgroup gives %s CPUs' worth of time to %s: threads that spin are stopped for parts of each period", significant(f.quota), plural(len(usable), "CPU")),
			Remedy: "lift the limit (cpu.max, docker run --cpus) or use as many CPUs as it allows",
		})
	}
	return lines
}

func judgeNodes(f facts) []finding {
	if f.topoErr != nil {
		return []finding{{Name: "nodes", Verdict: fail, Reason: f.topoErr.Error(), Remedy: "mount sysfs at /sys"}}
	}
	line := finding{Name: "nodes", Verdict: fine, Reason: f.topology.String()}
	if len(f.topology.Nodes) == 1 {
		line.Verdict = warn
		line.Reason = "one NUMA node: nothing here crosses a socket link"
		line.Remedy = "use virtual nodes (--topology 2x1): they behave alike, but what they measure is CPUs of one node"
	}
	lines := []finding{line}
	for _, note := range f.topology.Notes {
		lines = append(lines, finding{Name: "topology", Verdict: warn, Reason: note, Remedy: "see nrkern topo"})
	}
	return lines
}

// nodeMemory is what a kernel process and its part of the segment take with
// room to spare, in bytes.
const nodeMemory = 256 << 20

func judgeMemory(f facts) []finding {
	if f.topoErr != nil {
		return nil
	}
	free := map[int]uint64{}
	known := true
	for _, n := range f.topology.Nodes {
		free[n.Memory] = n.MemFree
		known = known && n.MemTotal > 0
	}
	if !known {
		return []finding{{Name: "memory", Verdict: warn, Reason: "sysfs does not say how much memory the nodes have free", Remedy: "nothing to do: start says if it is too little"}}
	}
	var texts, short []string
	for _, n := range sortedKeys(free) {
		text := fmt.Sprintf("node %d: %s free", n, bytesOf(free[n]))
		texts = append(texts, text)
		if free[n] < nodeMemory {
			short = append(short, text)
		}
	}
	line := finding{Name: "memory", Verdict: fine, Reason: strings.Join(texts, "; ")}
	if len(short) > 0 {
		line.Verdict = warn
		line.Remedy = fmt.Sprintf("%s, less than %s: free some, for Linux may not give up cached files in time", strings.Join(short, "; "), bytesOf(nodeMemory))
	}
	return []finding{line}
}

// nodeHugepages is what a machine of default size takes of each node, with
// room to spare, in pages of 2 MiB.
const nodeHugepages = 8

func judgeHugepages(f facts) []finding {
	if f.poolsErr != nil {
		return []finding{{Name: "hugepages", Verdict: warn, Reason: describe(f.poolsErr), Remedy: "machines run on ordinary pages here, with more TLB misses"}}
	}
	if f.topoErr != nil {
		return nil
	}
	free := map[int]uint64{}
	for _, n := range f.topology.Nodes {
		free[n.Memory] = 0
	}
	for _, p := range f.pools {
		if _, ours := free[p.Node]; ours && p.PageSize == numa.HugePageSize {
			free[p.Node] = p.Free
		}
	}
	line := finding{Name: "hugepages", Verdict: fine}
	var texts, remedies []string
	for _, n := range sortedKeys(free) {
		texts = append(texts, fmt.Sprintf("node %d: %d of 2 MiB free", n, free[n]))
		if free[n] < nodeHugepages {
			line.Verdict = warn
			remedies = append(remedies, fmt.Sprintf("echo %d > /sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages", nodeHugepages, n))
		}
	}
	line.Reason = strings.Join(texts, "; ")
	if line.Verdict == warn {
		line.Reason += "; machines fall back to ordinary pages"
		line.Remedy = "as root: " + strings.Join(remedies, "; ")
	}
	return []finding{line}
}

func judgePlacement(f facts) []finding {
	if f.topoErr != nil {
		return nil // nothing was tried
	}
	line := finding{Name: "placement", Verdict: fine, Reason: "threads can be pinned, and memory bound, on every node"}
	if f.placement != nil {
		line.Verdict, line.Reason = fail, describe(f.placement)
		line.Remedy = "allow sched_setaffinity, mbind, set_mempolicy and move_pages (docker run --cap-add SYS_NICE)"
	}
	return []finding{line}
}

func judgeSegment(f facts) []finding {
	if f.topoErr != nil {
		return nil // nothing was tried
	}
	line := finding{Name: "segment", Verdict: fine, Reason: "shared memory is a memfd, which was tried; /dev/shm and its size do not matter"}
	if f.segment != nil {
		line.Verdict, line.Reason = fail, describe(f.segment)
		line.Remedy = "allow memfd_create, mbind and madvise, and see the memory line"
	}
	return []finding{line}
}

func judgeRunDir(f facts) []finding {
	line := finding{Name: "run_dir", Verdict: fine}
	switch {
	case f.runDir.machine:
		line.Reason = f.runDir.path + ": a machine lives there"
	case f.runDir.err != nil:
		line.Verdict, line.Reason = fail, fmt.Sprintf("%s: %v", f.runDir.path, f.runDir.err)
		line.Remedy = "give a directory that you can write with --run-dir"
	default:
		line.Reason = f.runDir.path + " can be made and written"
	}
	return []finding{line}
}

func judgePrivileges(f facts) []finding {
	line := finding{Name: "privileges", Verdict: fine}
	if f.capsErr != nil {
		line.Verdict, line.Reason, line.Remedy = warn, f.capsErr.Error(), "mount proc at /proc"
		return []finding{line}
	}
	var missing, why []string
	for _, c := range capabilities {
		if f.caps&(1<<c.bit) == 0 {
			missing = append(missing, c.name)
			why = append(why, c.name+" "+c.use)
		}
	}
	if len(missing) == 0 {
		line.Reason = "all that nrkern can use"
		return []finding{line}
	}
	line.Verdict = warn
	line.Reason = "not needed to start, but missing: " + strings.Join(why, "; ")
	line.Remedy = fmt.Sprintf("run as root, or: setcap %s+ep nrkern", strings.ToLower(strings.Join(missing, ",")))
	return []finding{line}
}

// capabilities are those that nrkern can use (capabilities(7)).
var capabilities = []struct {
	bit       int
	name, use string
}{
	{23, "CAP_SYS_NICE", "moves pages of other processes"},
	{38, "CAP_PERFMON", "reads counters and attaches probes"},
	{39, "CAP_BPF", "loads BPF programs"},
}

func sortedKeys[V any](m map[int]V) []int {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
}

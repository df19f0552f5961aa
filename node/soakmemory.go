package node

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The criterion for memory. A process's is its resident private memory (RssAnon),
// after it was asked to give back what is garbage; the segment is not in it. Of
// each machine, its kernels and its supervisors are compared apart:
//
//	medians   of all samples of the last quarter of the soak with those of the second
//	each      process that lived from the second quarter into the last with itself
//
// Both may grow by a quarter and four megabytes at most. Processes are replaced all
// along, so medians are of processes of all ages then and now.
const (
	memoryGrowth = 1.25
	memorySlack  = 4 << 20
)

// leastJudged is the shortest soak whose memory is judged.
const leastJudged = 30 * time.Second

// SoakMemory is how the memory of a machine's processes went.
type SoakMemory struct {
	Flat bool `json:"flat"`
	// Judged says that the soak was long enough to judge by: in the first seconds
	// processes grow into their memory.
	Judged      bool       `json:"judged"`
	Kernels     MemoryRoom `json:"kernels"`
	Supervisors MemoryRoom `json:"supervisors"`
}

// MemoryRoom is the memory of the processes of one kind.
type MemoryRoom struct {
	Processes int    `json:"processes"` // that there were
	Before    uint64 `json:"second_quarter_median_bytes"`
	After     uint64 `json:"last_quarter_median_bytes"`
	// Most is the largest growth of one process that lived from the second quarter
	// into the last, by its medians; 0 without one.
	Most float64 `json:"most_growth_of_one_ratio"`
	flat bool
}

// String shows it.
func (m *SoakMemory) String() string {
	word := "flat"
	switch {
	case !m.Judged:
		word = "not judged (the soak is shorter than " + leastJudged.String() + ")"
	case !m.Flat:
		word = "NOT FLAT"
	}
	show := func(r MemoryRoom) string {
		return fmt.Sprintf("%.1f to %.1f MiB (%d processes)", float64(r.Before)/(1<<20), float64(r.After)/(1<<20), r.Processes)
	}
	return fmt.Sprintf("memory %s: kernels %s, supervisors %s", word, show(m.Kernels), show(m.Supervisors))
}

// memoryLog is the samples of a machine's processes.
type memoryLog struct {
	kernels, supervisors []memorySample
}

type memorySample struct {
	at    time.Duration
	pid   int
	bytes uint64
}

// sample samples the processes of a machine at rest.
func (l *memoryLog) sample(ctx context.Context, m API, at time.Duration) error {
	status, err := m.Status(ctx, StatusRequest{Collect: true})
	if err != nil {
		return err
	}
	add := func(into *[]memorySample, pid int) {
		if bytes, ok := residentBytes(pid); ok {
			*into = append(*into, memorySample{at, pid, bytes})
		}
	}
	add(&l.supervisors, status.PID)
	for _, k := range status.Kernels {
		add(&l.kernels, k.PID)
	}
	return nil
}

// residentBytes returns the resident private memory of a process (proc(5)).
func residentBytes(pid int) (uint64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(list), "kB")), 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}

// judge judges the samples of a soak that took so long.
func (l *memoryLog) judge(whole time.Duration) *SoakMemory {
	m := &SoakMemory{Kernels: judgeMemory(l.kernels, whole), Supervisors: judgeMemory(l.supervisors, whole)}
	m.Flat, m.Judged = m.Kernels.flat && m.Supervisors.flat, whole >= leastJudged
	return m
}

// judgeMemory compares the last quarter with the second. Without samples in both
// there is nothing to say against it.
func judgeMemory(all []memorySample, whole time.Duration) MemoryRoom {
	r := MemoryRoom{flat: true}
	quarter := func(of []memorySample, n time.Duration) (bytes []uint64) {
		for _, s := range of {
			if s.at >= whole*n/4 && s.at < whole*(n+1)/4 {
				bytes = append(bytes, s.bytes)
			}
		}
		return bytes
	}
	compare := func(of []memorySample) (before, after uint64, both bool) {
		was, is := quarter(of, 1), quarter(of, 3)
		if before, after = median(was), median(is); len(was) == 0 || len(is) == 0 {
			return before, after, false
		}
		r.flat = r.flat && float64(after) <= memoryGrowth*float64(before)+memorySlack
		return before, after, true
	}
	r.Before, r.After, _ = compare(all)
	byProcess := map[int][]memorySample{}
	for _, s := range all {
		byProcess[s.pid] = append(byProcess[s.pid], s)
	}
	r.Processes = len(byProcess)
	for _, of := range byProcess {
		if before, after, both := compare(of); both {
			r.Most = max(r.Most, float64(after)/float64(before))
		}
	}
	return r
}

func median(all []uint64) uint64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

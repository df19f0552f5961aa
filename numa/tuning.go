package numa

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// Tuning is the settings of a machine that change what is measured on it.
// What the machine does not have, or does not show (most guests have no
// governor), is empty.
type Tuning struct {
	// SMT is "on", "off", "forceoff", "notsupported" or "notimplemented".
	SMT string `json:"smt"`
	// SMTActive is set when some core runs two threads now.
	SMTActive bool `json:"smt_active"`
	// Governors gives the CPUs under each frequency governor.
	Governors map[string][]int `json:"governors"`
	// Boost is "on" when the clock may rise above its nominal rate, or "off".
	Boost string `json:"boost"`
	// Isolated are the CPUs that the scheduler leaves alone (isolcpus=).
	Isolated []int `json:"isolated"`
	// Balancing is "on" when Linux moves pages towards the threads that use
	// them, or "off". It leaves memory alone that was bound.
	Balancing string `json:"balancing"`
	// HugePages is the mode of transparent hugepages: always, madvise, never;
	// SharedHugePages the one for shared memory, as memfd is.
	HugePages       string `json:"transparent_hugepages"`
	SharedHugePages string `json:"transparent_hugepages_shared"`
}

// HostTuning reads the settings of this machine.
func HostTuning() Tuning { return ReadTuning(os.DirFS("/sys"), os.DirFS("/proc")) }

// ReadTuning reads the settings from a /sys and a /proc.
func ReadTuning(sys, proc fs.FS) Tuning {
	s := sysfs{sys}
	read := func(path string) string { text, _ := s.text(path); return text }
	t := Tuning{
		SMT:             read(cpuDir + "/smt/control"),
		SMTActive:       read(cpuDir+"/smt/active") == "1",
		Governors:       map[string][]int{},
		HugePages:       chosen(read("kernel/mm/transparent_hugepage/enabled")),
		SharedHugePages: chosen(read("kernel/mm/transparent_hugepage/shmem_enabled")),
	}
	for _, id := range s.numbered(cpuDir, "cpu") {
		if g := read(cpuFile(id, "cpufreq/scaling_governor")); g != "" {
			t.Governors[g] = append(t.Governors[g], id)
		}
	}
	t.Boost = onOff(read(cpuDir + "/cpufreq/boost"))
	if noTurbo := onOff(read(cpuDir + "/intel_pstate/no_turbo")); noTurbo != "" {
		t.Boost = map[string]string{"on": "off", "off": "on"}[noTurbo]
	}
	if list, err := s.list(cpuDir + "/isolated"); err == nil && len(list) > 0 {
		t.Isolated = list
	}
	balancing, _ := sysfs{proc}.text("sys/kernel/numa_balancing")
	t.Balancing = onOff(balancing)
	return t
}

// chosen finds the word in brackets of "always [madvise] never".
func chosen(text string) string {
	_, rest, _ := strings.Cut(text, "[")
	word, _, found := strings.Cut(rest, "]")
	if !found {
		return ""
	}
	return word
}

func onOff(text string) string {
	switch {
	case text == "":
		return ""
	case text == "0":
		return "off"
	}
	return "on"
}

// Advice says in words which settings make measurements vary and what to do
// about each; none when there is nothing to say.
func (t Tuning) Advice() []string {
	var advice []string
	for _, g := range slices.Sorted(maps.Keys(t.Governors)) {
		if g != "performance" {
			advice = append(advice, fmt.Sprintf("%s under the frequency governor %q, which changes the clock during a run: cpupower frequency-set -g performance",
				describeCPUs(t.Governors[g]), g))
		}
	}
	if t.Boost == "on" {
		advice = append(advice, "the clock may boost, more so when few cores run: results of few and of many threads differ by that too")
	}
	if t.SMTActive {
		advice = append(advice, "SMT is on: give threads one CPU of each core before siblings, as the order of cores in nrkern topo does")
	}
	if t.Balancing == "on" {
		advice = append(advice, "automatic NUMA balancing moves pages that are not bound: sysctl kernel.numa_balancing=0")
	}
	return advice
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nrkern/nrkern/numa"
)

// demoReport is what `nrkern demo -o json` prints.
type demoReport struct {
	points []point // the loads, as they are shown

	Version        string        `json:"version"`
	Began          time.Time     `json:"began"`
	Elapsed        time.Duration `json:"elapsed_ns"`
	Topology       string        `json:"topology"`
	Nodes          int           `json:"nodes"`
	Virtual        bool          `json:"virtual"`
	Shared         bool          `json:"cpus_shared"` // between nodes
	Host           hostFacts     `json:"host"`
	Hugepages      bool          `json:"hugepages"` // all segments are on 2 MiB pages
	Warnings       []string      `json:"warnings"`
	Keys           uint64        `json:"keys"`
	ThreadsPerNode int           `json:"threads_per_node"`
	Duration       time.Duration `json:"sample_duration_ns"`
	Repetitions    int           `json:"repetitions"`
	Distance       distance      `json:"cpu_distance"` // of the samples that count
	Checks         []demoCheck   `json:"checks"`
	Cells          []cell        `json:"cells"`
	Reading        []string      `json:"reading"`
	Samples        []sample      `json:"samples"`
}

// hostFacts are what numbers depend on.
type hostFacts struct {
	CPUs       int    `json:"cpus"`
	LinuxNodes int    `json:"linux_nodes"`
	Linux      string `json:"linux"`
	SMT        bool   `json:"smt"`
	// Steal is the time for which the host ran other guests on the CPUs; null if
	// Linux does not say.
	Steal *float64 `json:"steal_percent"`
	// BusyBefore and BusyAfter are how busy other programs kept the CPUs; null
	// if Linux does not say.
	BusyBefore *float64 `json:"busy_before_percent"`
	BusyAfter  *float64 `json:"busy_after_percent"`
}

func describeHost(t *numa.Topology) hostFacts {
	h := hostFacts{CPUs: len(t.Usable()), SMT: numa.HostTuning().SMTActive}
	nodes := map[int]bool{}
	for _, n := range t.Nodes {
		nodes[n.Physical] = true
	}
	h.LinuxNodes = len(nodes)
	if release, err := numa.Kernel(); err == nil {
		h.Linux = release.String()
	}
	return h
}

// describeMachines takes over what the machines had to do without.
func (r *demoReport) describeMachines(variants []*variant) {
	r.Hugepages = true
	seen := map[string]bool{}
	r.Warnings = []string{}
	for _, v := range variants {
		for _, w := range v.machine.Warnings() {
			if strings.HasPrefix(w, ordinaryPages) {
				r.Hugepages = false
				w = ordinaryPages // how many pages each lacks differs
			}
			if !seen[w] {
				seen[w] = true
				r.Warnings = append(r.Warnings, w)
			}
		}
		if v.machine.Config().Hugepages == "off" {
			r.Hugepages = false
		}
	}
}

// ordinaryPages begins the warning of a machine that did not get hugepages.
const ordinaryPages = "the segment is on ordinary pages"

// conclude sums the samples up.
func (r *demoReport) conclude() {
	r.Distance = countSamples(r.Samples)
	r.Cells = cellsOf(r.Samples)
	failures := uint64(0)
	for _, s := range r.Samples {
		failures += s.Failures
	}
	c := demoCheck{Name: "no_failures", Of: "all", Passed: failures == 0, Text: "every operation of the load was answered as it must be"}
	if !c.Passed {
		c.Text = fmt.Sprintf("%d operations of the load were answered wrongly", failures)
	}
	r.Checks = append(r.Checks, c)
	r.Reading = r.read()
}

// err names the checks that failed.
func (r *demoReport) err() error {
	var failed []string
	for _, c := range r.Checks {
		if !c.Passed {
			failed = append(failed, fmt.Sprintf("%s (%s): %s", c.Name, c.Of, c.Text))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("demo: %w: %s", errCheck, strings.Join(failed, "; "))
}

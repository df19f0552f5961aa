package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/export"
)

// kernelGrid shows what Linux did for the machine.
func kernelGrid(r *tracing.Report) *grid {
	if len(r.Kernel) == 0 {
		return nil
	}
	g := newGrid("lrrll", "LINUX DID", "TOTAL", "PER OP", "BY NODE", "SOURCE")
	for _, a := range r.Kernel {
		if a.Total == nil {
			g.add(a.Event, "n/a", "", "", "("+a.Reason+")")
			continue
		}
		var nodes []string
		for _, n := range sortedKeys(a.ByNode) {
			nodes = append(nodes, nodeText(n)+": "+grouped(a.ByNode[n]))
		}
		g.add(a.Event, grouped(*a.Total), optionalNumber(a.PerOp), strings.Join(nodes, ", "), a.Source)
	}
	return g
}

// hottest is how many functions the table shows.
const hottest = 10

// stacksGrid shows the functions that threads were found in, with their callers
// and without.
func stacksGrid(r *tracing.Report) *grid {
	if len(r.Stacks) == 0 {
		return nil
	}
	self, within := map[string]float64{}, map[string]float64{}
	for _, s := range r.Stacks {
		seen := map[string]bool{}
		for i, f := range s.Frames {
			if i == 0 {
				self[f] += s.Share
			}
			if !seen[f] {
				within[f] += s.Share
			}
			seen[f] = true
		}
	}
	functions := sortedStrings(self)
	slices.SortStableFunc(functions, func(a, b string) int { return cmp.Compare(self[b], self[a]) })
	g := newGrid("lrr", "HOT CODE", "ITSELF", "WITH CALLEES")
	for _, f := range functions[:min(len(functions), hottest)] {
		g.add(f, fmt.Sprintf("%.1f %%", 100*self[f]), fmt.Sprintf("%.1f %%", 100*within[f]))
	}
	return g
}

func sortedStrings[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// writeFolded writes the stacks for a flame graph. Where none were taken there is
// nothing to draw, and no file.
func writeFolded(path string, r *tracing.Report) (err error) {
	i := slices.IndexFunc(r.Features, func(f tracing.Feature) bool { return f.Name == tracing.UserStacks })
	if i < 0 {
		return errors.New("--flame: no stacks were taken: trace with --stacks or --flame")
	}
	if f := r.Features[i]; !f.Available {
		return fmt.Errorf("--flame: no stacks were taken: %s; %s", f.Reason, f.Remedy)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("--flame: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return export.Folded(f, r.Stacks, r.Lost.Stacks)
}

package main

import (
	"testing"

	"github.com/nrkern/nrkern/simulate"
)

// TestMostCrossed: from a tenth of all on, the most first.
func TestMostCrossed(t *testing.T) {
	c := &simulate.Counts{PerOp: simulate.PerOp{CrossNode: 10}}
	for region, crossed := range map[string]float64{"a": 1, "b": 0.9, "c": 3.5, "d": 4, "e": 0.6, "f": 0} {
		c.Regions = append(c.Regions, simulate.RegionCounts{Region: region, PerOp: simulate.PerOp{CrossNode: crossed}})
	}
	if got := mostCrossed(c); got != "d c a" {
		t.Errorf("%q", got)
	}
	if got := mostCrossed(&simulate.Counts{Regions: []simulate.RegionCounts{{Region: "a"}}}); got != "" {
		t.Errorf("%q where nothing crosses", got)
	}
}

package main

import (
	"strings"
	"testing"
	"time"
)

// samplesAt makes samples of one variant at a point.
func samplesAt(structure string, p point, rates ...float64) []sample {
	var all []sample
	for i, r := range rates {
		h := 0.25
		all = append(all, sample{Structure: structure, point: p, Repetition: i, OpsPerS: r * 1e6, HandOversPerOp: &h, Distance: sameCache})
	}
	return all
}

func TestReadingClaimsNoLeadInsideTheNoise(t *testing.T) {
	p := point{WriteRatio: 10, Window: 16}
	for _, c := range []struct {
		name   string
		nr, mk []float64
		want   string
	}{
		{"apart", []float64{30, 31, 32}, []float64{10, 11, 12}, "nr leads at 10 % writes (2.8 times multikernel)"},
		{"touching", []float64{12, 31, 32}, []float64{10, 11, 12}, "at 10 % nr and multikernel cannot be told apart"},
		{"one sample each", []float64{30}, []float64{10}, "at 10 % nr and multikernel cannot be told apart"},
		{"the other way", []float64{1, 2, 3}, []float64{10, 11, 12}, "multikernel leads at 10 % writes (5.5 times nr)"},
	} {
		r := demoReport{points: []point{p}, Samples: append(samplesAt("nr", p, c.nr...), samplesAt("multikernel", p, c.mk...)...)}
		countSamples(r.Samples)
		r.Cells = cellsOf(r.Samples)
		if got := r.readWindow([]point{p}); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q lacks %q", c.name, got, c.want)
		}
	}
}

func TestTheBestLockCounts(t *testing.T) {
	a, b := point{WriteRatio: 0, Window: 1}, point{WriteRatio: 100, Window: 1}
	var samples []sample
	samples = append(samples, samplesAt("biglock/mutex", a, 5, 6, 7)...)
	samples = append(samples, samplesAt("biglock/rwlock", a, 15, 16, 17)...)
	samples = append(samples, samplesAt("biglock/mutex", b, 5, 6, 7)...)
	samples = append(samples, samplesAt("biglock/rwlock", b, 1, 2, 3)...)
	samples = append(samples, samplesAt("nr", a, 8, 9, 10)...)
	countSamples(samples)
	cells := cellsOf(samples)
	for p, want := range map[point]string{a: "biglock/rwlock nr", b: "biglock/mutex"} {
		var names []string
		for _, c := range contenders(cells, p) {
			names = append(names, c.Structure)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%v: contenders %q, want %q", p, got, want)
		}
	}
}

// Samples taken while the host had moved the CPUs do not count, unless there
// are no others at a point.
func TestOnlyOneDistanceCounts(t *testing.T) {
	a, b := point{WriteRatio: 0, Window: 1}, point{WriteRatio: 100, Window: 1}
	samples := samplesAt("nr", a, 10, 11, 12, 13)
	samples[1].Distance = farApart
	samples[2].Distance = "changed"
	samples = append(samples, samplesAt("nr", b, 1)...)
	samples[4].Distance = farApart
	if got := countSamples(samples); got != sameCache {
		t.Errorf("usual distance %q, want %q", got, sameCache)
	}
	for i, want := range []bool{true, false, false, true, true} {
		if samples[i].Counted != want {
			t.Errorf("sample %d counted: %v, want %v", i, samples[i].Counted, want)
		}
	}
	cells := cellsOf(samples)
	if cells[0].Samples != 2 || cells[0].OpsPerS != 11.5e6 {
		t.Errorf("cell %+v: want 2 samples with median 11.5 M", cells[0])
	}
}

func TestSampleDurationFitsTheBudget(t *testing.T) {
	for _, c := range []struct {
		left    time.Duration
		samples int
	}{{45 * time.Second, 200}, {3 * time.Second, 200}, {time.Hour, 40}, {0, 1}, {-time.Second, 200}} {
		d := sampleDuration(c.left, c.samples)
		if d < shortest || d > longest {
			t.Errorf("%v for %d: %v", c.left, c.samples, d)
		}
		if all := time.Duration(c.samples) * (d + warmup + overhead); d > shortest && all > c.left {
			t.Errorf("%v for %d: samples of %v take %v", c.left, c.samples, d, all)
		}
	}
}

func TestFailedChecksAreNamed(t *testing.T) {
	r := demoReport{Checks: []demoCheck{{"replicas_equal", "nr", true, "fine"}, {"same_state_at_end", "all", false, "they differ"}}}
	err := r.err()
	if err == nil || !strings.Contains(err.Error(), "same_state_at_end (all): they differ") || strings.Contains(err.Error(), "fine") {
		t.Errorf("error %v", err)
	}
}

func TestDemoRecords(t *testing.T) {
	p := point{WriteRatio: 10, Window: 16}
	r := demoReport{Samples: append(samplesAt("nr", p, 30, 31, 32), samplesAt("biglock/mcs", p, 10)...)}
	countSamples(r.Samples)
	r.Cells = cellsOf(r.Samples)
	records := r.csv()
	want := "nr,10,16,3,31000000,30000000,32000000,0,0,0.25,,,true"
	if got := strings.Join(records[1], ","); len(records) != 3 || got != want {
		t.Errorf("%d records, the second %s; want 3, and %s", len(records), got, want)
	}
	if len(records[0]) != len(records[1]) {
		t.Errorf("%d names of %d columns", len(records[0]), len(records[1]))
	}
}

package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
)

// Bench writes every sample as a line of Go's benchmark format, with the
// placement as configuration, so that benchstat keeps placements apart.
func Bench(w io.Writer, f *results.Folder) error {
	out := benchfmt.NewWriter(w)
	m := f.Manifest
	for i := range f.Table.Rows {
		row := &f.Table.Rows[i]
		if row.Placement == measure.Changed || row.Placement == measure.Unknown {
			continue
		}
		r := &benchfmt.Result{Iters: 1, Name: benchfmt.Name(benchName(f, row))}
		for _, c := range [][2]string{
			{"goos", "linux"},
			{"goarch", "amd64"},
			{"pkg", "github.com/nrkern/nrkern/experiments/" + m.Experiment},
			{"cpu", m.Host.CPU},
			{"scale", m.Scale},
			{"placement", string(row.Placement)},
		} {
			// File: what is not from a file, the writer keeps to itself.
			r.Config = append(r.Config, benchfmt.Config{Key: c[0], Value: []byte(c[1]), File: true})
		}
		for j, column := range f.Table.Metrics {
			if !math.IsNaN(row.Values[j]) {
				r.Values = append(r.Values, benchfmt.Value{Value: row.Values[j], Unit: unitOf(column.Name)})
			}
		}
		if len(r.Values) == 0 {
			continue
		}
		if err := out.Write(r); err != nil {
			return err
		}
	}
	return nil
}

// benchName is the name of a row's benchmark: Hashmap/writes_percent=10/nr.
func benchName(f *results.Folder, row *results.Row) string {
	var b strings.Builder
	for _, part := range strings.Split(f.Manifest.Experiment, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	for i, c := range f.Table.Factors {
		if row.Factors[i] != "" {
			fmt.Fprintf(&b, "/%s=%s", c.Name, benchWord(row.Factors[i]))
		}
	}
	return b.String() + "/variant=" + benchWord(row.Variant)
}

// benchWord makes a word that names of benchmarks may contain.
func benchWord(s string) string {
	return strings.NewReplacer(", ", "-", " ", "-", "/", "-").Replace(s)
}

// unitOf turns a metric's name into a unit of benchstat: ops_per_s is ops/s,
// latency_p99_ns is latency-p99-ns.
func unitOf(metric string) string {
	if what, ok := strings.CutSuffix(metric, "_per_s"); ok {
		return strings.ReplaceAll(what, "_", "-") + "/s"
	}
	if what, ok := strings.CutSuffix(metric, "_per_op"); ok {
		return strings.ReplaceAll(what, "_", "-") + "/op"
	}
	return strings.ReplaceAll(metric, "_", "-")
}

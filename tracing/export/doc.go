// Package export writes what tracing saw in the formats of other tools: folded
// stacks for flame graphs, metrics for Prometheus, a timeline that opens in
// Perfetto or chrome://tracing, and the traffic matrix as a picture.
//
//	err := export.Heatmap("traffic.svg", report.Matrix)
//
// Each says what was lost and what the probes took, as the report does.
//
// Concurrency: a Timeline is for one goroutine; a Collector may be scraped by
// several.
package export

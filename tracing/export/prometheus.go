package export

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nrkern/nrkern/tracing"
)

// Collector gives a report to Prometheus, made anew at each scrape. Sums are from
// the beginning of the tracing on, and only grow.
type Collector struct {
	read func() (*tracing.Report, error)
	name func(service, code int) string
}

// NewCollector returns a collector of what read returns. Name words an operation
// of a service.
func NewCollector(read func() (*tracing.Report, error), name func(service, code int) string) *Collector {
	return &Collector{read, name}
}

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("nrkern_"+name, help, labels, nil)
}

var (
	operationsTotal = metric("operations_total", "Operations that the machine says it completed.")
	hitsTotal       = metric("site_hits_total", "Passes of a probe site.", "site", "node")
	sizeTotal       = metric("site_size_total", "Sum of the sizes seen at a site, in its unit.", "site", "node", "unit")
	spanSeconds     = metric("site_seconds", "Time between the beginning and the end of a pair of sites.", "pair", "node")
	callSeconds     = metric("call_seconds", "Time of calls by operation.", "operation", "node")
	counterTotal    = metric("counter_total", "Perf event of all threads, scaled for multiplexing.", "event", "node")
	counterCoverage = metric("counter_coverage_ratio", "Share of the time for which an event was counted.", "event")
	linuxTotal      = metric("linux_events_total", "What Linux did for the machine, from its tracepoints.", "event", "node")
	linesTotal      = metric("handover_lines_total", "Cache lines handed over between nodes, observed: a lower bound.", "from", "to", "cause")
	lostTotal       = metric("trace_lost_total", "Hits, pairs and stacks that were not kept.")
	programRuns     = metric("trace_program_runs_total", "Runs of the BPF programs.")
	programSeconds  = metric("trace_program_seconds_total", "Time that the BPF programs took.")
	emptyPair       = metric("trace_empty_pair_seconds", "What an empty pair of probes takes.")
)

// Describe says nothing: which metrics there are depends on the machine.
func (c *Collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads and sends a report.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	r, err := c.read()
	if err != nil {
		to <- prometheus.NewInvalidMetric(operationsTotal, err)
		return
	}
	sum := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	if r.Operations != nil {
		sum(operationsTotal, float64(*r.Operations))
	}
	for _, s := range r.Sites {
		node := strconv.Itoa(s.Node)
		sum(hitsTotal, float64(s.Hits), s.Name, node)
		if s.Size != nil {
			sum(sizeTotal, float64(*s.Size), s.Name, node, s.Unit)
		}
		if s.Pairs != nil && s.Total != nil {
			to <- summary(spanSeconds, *s.Pairs, *s.Total, s.Pair, node)
		}
	}
	for _, n := range r.Calls {
		to <- summary(callSeconds, n.Calls, n.Total, c.name(n.Service, n.Code), strconv.Itoa(n.Node))
	}
	for _, n := range r.Counters {
		if n.Total == nil {
			continue // not counted is not 0
		}
		for node, v := range n.ByNode {
			sum(counterTotal, v, n.Event, strconv.Itoa(node))
		}
		to <- prometheus.MustNewConstMetric(counterCoverage, prometheus.GaugeValue, *n.Coverage, n.Event)
	}
	for _, a := range r.Kernel {
		if a.Total == nil {
			continue
		}
		for node, v := range a.ByNode {
			sum(linuxTotal, float64(v), a.Event, strconv.Itoa(node))
		}
	}
	if r.Matrix != nil {
		for _, h := range r.Matrix.Cells {
			sum(linesTotal, float64(h.Lines), strconv.Itoa(h.From), strconv.Itoa(h.To), h.Cause)
		}
	}
	sum(lostTotal, float64(r.Lost.Total))
	if r.Cost.Runs != nil {
		sum(programRuns, float64(*r.Cost.Runs))
		sum(programSeconds, r.Cost.Runtime.Seconds())
	}
	if r.Cost.EmptyPair != nil {
		to <- prometheus.MustNewConstMetric(emptyPair, prometheus.GaugeValue, r.Cost.EmptyPair.Seconds())
	}
}

// summary is a count and a sum; quantiles of other intervals than the scraper's
// would mislead. The sum is the one that was counted: made of a mean, which is
// whole nanoseconds, it would fall when the mean does.
func summary(d *prometheus.Desc, n uint64, total time.Duration, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstSummary(d, n, total.Seconds(), nil, labels...)
}

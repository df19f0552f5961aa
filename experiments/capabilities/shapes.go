package capabilities

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

func shapes() []shape.Shape {
	const (
		protocol = "the protocol (docs/design.md, capabilities), counted in TN-013's terms"
		sosp     = "SOSP'09, section 5.1 and figure 6: unicast to every core grows with the cores"
	)
	at := func(operation, kernels, copies string) results.Where {
		return results.Where{"operation": operation, "kernels": kernels, "copies": copies}
	}
	exactly := func(variant string, w results.Where, n float64) shape.Judge {
		return shape.All{shape.AtLeast{Variant: variant, At: w, Value: n}, shape.AtMost{Variant: variant, At: w, Value: n}}
	}
	without := func(w results.Where, factor string) results.Where { delete(w, factor); return w }
	return []shape.Shape{
		{
			Text:   "Multikernel: a retype of what has copies takes 2(N-1) messages, 6 among 4 kernels",
			Source: protocol, Metric: "messages", Exact: true,
			Judge: exactly(messages, at(retype, "4", "2"), 6),
		},
		{
			Text:   "Multikernel: a revoke takes 4(N-1) messages, 12 among 4 kernels",
			Source: protocol, Metric: "messages", Exact: true,
			Judge: exactly(messages, at(revoke, "4", "2"), 12),
		},
		{
			Text:   "NR: a revoke is one entry of the log, and so is a retype",
			Source: "OSDI'21, section 3: an operation is an entry", Metric: "log_entries", Exact: true,
			Judge: shape.All{exactly(log, at(revoke, "4", "2"), 1), exactly(log, at(retype, "4", "2"), 1)},
		},
		{
			Text:   "Multikernel: a revoke takes at least 1.3 times as long as a retype: two rounds to all, not one",
			Source: protocol, Metric: "latency_ns",
			Judge: shape.Trend{Variant: messages, Along: "operation", From: retype, To: revoke, Go: shape.Rises, By: 1.3, At: without(at("", "4", "2"), "operation")},
		},
		{
			Text:   "Multikernel: from 2 to 8 kernels a revoke takes at least twice as long",
			Source: sosp, Metric: "latency_ns",
			Judge: shape.Trend{Variant: messages, Along: "kernels", From: "2", To: "8", Go: shape.Rises, By: 2, At: without(at(revoke, "", "2"), "kernels")},
		},
		{
			Text:   "Multikernel: a retype of what never left its kernel takes a fifth of the time at most",
			Source: "TN-013, section 3: what has no remote relations needs no communication", Metric: "latency_ns",
			Judge: shape.Trend{Variant: messages, Along: "copies", From: "1", To: "2", Go: shape.Rises, By: 5, At: without(at(retype, "4", ""), "copies")},
		},
		{
			Text:   "Multikernel: how many have copies does not matter, from 2 to 4 of 4 a revoke stays within 1.5 times: all kernels are asked",
			Source: protocol, Metric: "latency_ns",
			Judge: shape.Trend{Variant: messages, Along: "copies", From: "2", To: "4", Go: shape.Flat, By: 1.5, At: without(at(revoke, "4", ""), "copies")},
		},
		{
			Text:   "NR: from 2 to 8 replicas a revoke stays within 1.5 times: the others replay it later",
			Source: "ASPLOS'17, section 4: a write waits for its own replica alone", Metric: "latency_ns",
			Judge: shape.Trend{Variant: log, Along: "kernels", From: "2", To: "8", Go: shape.Flat, By: 1.5, At: without(at(revoke, "", "2"), "kernels")},
		},
		{
			Text:   "A revoke of what has copies, among 4 kernels: NR is ahead of messages, twice or more",
			Source: "one entry against two rounds to three kernels", Metric: "latency_ns",
			Judge: shape.Ahead{A: []string{log}, B: []string{messages}, At: at(revoke, "4", "2"), By: 2},
		},
		{
			Text:   "A retype of what never left its kernel: messages, which it needs none of, are ahead of NR",
			Source: "TN-013, section 3; OSDI'21, section 3", Metric: "latency_ns",
			Judge: shape.Ahead{A: []string{messages}, B: []string{log}, At: at(retype, "4", "1")},
		},
	}
}

package shmvsmessages

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
)

const figure3 = "SOSP'09, figure 3"

func shapes() []shape.Shape {
	at := func(lines, cpus string) results.Where { return results.Where{"lines": lines, "cpus": cpus} }
	on := func(cpus string) results.Where { return results.Where{"cpus": cpus} }
	return []shape.Shape{
		{
			Text:   "Shared memory: with 8 lines an update takes at least three times as long as with 1",
			Source: figure3 + ": SHM1 to SHM8 fan out", Metric: "update_ns",
			Judge: shape.Trend{Variant: stores, Along: "lines", From: "1", To: "8", Go: shape.Rises, By: 3, At: on("2")},
		},
		{
			Text:   "Messages: from 1 to 8 lines an update takes at most half as long again",
			Source: figure3 + ": MSG1 and MSG8 lie together", Metric: "update_ns",
			Judge: shape.Trend{Variant: messages, Along: "lines", From: "1", To: "8", Go: shape.NoMore, By: 1.5, At: on("2")},
		},
		{
			Text:   "On two CPUs, one line: shared memory is ahead of messages",
			Source: figure3 + ": below 4 cores SHM1 lies under MSG1", Metric: "update_ns",
			Judge: shape.Ahead{A: []string{stores}, B: []string{messages}, At: at("1", "2")},
		},
		{
			Text:   "Two CPUs, 8 lines: messages with 16 under way make more updates than shared memory",
			Source: figure3 + ": one server core does twice the rate of all 16 shared-memory threads; section 3.2: messages can be pipelined", Metric: "updates_per_s",
			Judge: shape.Ahead{A: []string{pipeline}, B: []string{stores, atomics}, At: at("8", "2")},
		},
		{
			Text:   "On 16 CPUs, 8 lines: messages are ahead of shared memory",
			Source: figure3, Metric: "updates_per_s", Needs: shape.Needs{CPUs: 16, Caches: 2},
			Judge: shape.Ahead{A: []string{messages, pipeline}, B: []string{stores, atomics}, At: at("8", "16")},
		},
	}
}

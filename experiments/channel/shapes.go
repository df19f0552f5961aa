package channel

import (
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
)

const (
	sosp  = "Baumann et al., SOSP'09, table 2: a latency of 180 cycles and 11.97 messages a kilocycle, 84 cycles each"
	smelt = "Kaestle et al., OSDI'16, section 3"
	ump   = "Barrelfish doc/011-idc and lib/barrelfish/ump: with a used bit the receiver writes every line, one more change of owner a message"
)

func shapes() []shape.Shape {
	trip := func(window string) results.Where {
		return results.Where{"pattern": "round-trip", "window": window, "channels": "1"}
	}
	stream := func(ring string) results.Where { return results.Where{"pattern": "stream", "ring_slots": ring} }
	return []shape.Shape{
		{
			Text:   "16 messages under way give twice the messages of one, or more",
			Source: sosp, Metric: "messages_per_s",
			Judge: shape.Trend{Variant: "epoch", Along: "window", From: "1", To: "16", Go: shape.Rises, By: 2, At: results.Where{"pattern": "round-trip", "channels": "1"}},
		},
		{
			Text:   "In a stream epoch is ahead of used-bit",
			Source: ump, Metric: "messages_per_s",
			Judge: shape.Ahead{A: []string{"epoch"}, B: []string{"used-bit"}, At: stream("32")},
		},
		{
			Text:   "In a stream ack-word is as fast as epoch, within 1.3 times: one more line for half a ring is nothing",
			Source: smelt, Metric: "messages_per_s",
			Judge: shape.Near{A: "ack-word", B: "epoch", At: stream("256"), Within: 1.3},
		},
		{
			Text:   "One message at a time, the flow controls are equal within 1.3 times: the line of the message is what is waited for",
			Source: sosp, Metric: "round_trip_ns",
			Judge: shape.All{
				shape.Near{A: "ack-word", B: "epoch", At: trip("1"), Within: 1.3},
				shape.Near{A: "used-bit", B: "epoch", At: trip("1"), Within: 1.3},
				shape.Near{A: "used-bit", B: "ack-word", At: trip("1"), Within: 1.3},
			},
		},
		{
			Text:   "A ring of 256 slots streams faster than one of 8: the sender waits less for acknowledgements",
			Source: "prototypes of this project: 132 M messages a second with 256 slots", Metric: "messages_per_s",
			Judge: shape.Trend{Variant: "epoch", Along: "ring_slots", From: "8", To: "256", Go: shape.Rises, At: results.Where{"pattern": "stream"}},
		},
		{
			Text:   "Polling 1,024 open channels makes a round trip at least 10 times as long as one does",
			Source: "Barrelfish TN-009 (polling many channels); SOSP'09, section 4.6: linear in channels", Metric: "round_trip_ns",
			Judge: shape.Trend{Variant: "epoch", Along: "channels", From: "1", To: "1024", Go: shape.Rises, By: 10, At: results.Where{"pattern": "polled"}},
		},
		{
			Text:   "A round trip of one slot between two cores of one cache is at most 450 ns",
			Source: "SOSP'09, table 2: 180 cycles one way in a shared cache; prototypes of this project: 117 ns; between far cores up to 530 ns", Metric: "round_trip_ns", Placement: measure.SameL3,
			Judge: shape.AtMost{Variant: "epoch", At: trip("1"), Value: 450, Unit: " ns"},
		},
	}
}

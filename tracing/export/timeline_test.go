package export

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

func hit(name string, node, cpu int, at, who, number, size, more uint64) *probe.Hit {
	for _, d := range site.Catalogue() {
		if d.Name == name {
			return &probe.Hit{
				Description: d, Target: probe.Target{Node: node, PID: 100 + node}, At: at, Thread: 200 + cpu, CPU: cpu,
				Who: who, Number: number, Size: size, More: more,
			}
		}
	}
	panic(name)
}

// TestTimeline: a call is an asynchronous event, a batch a slice on its CPU's
// track, a message an arrow whose ends have one name.
func TestTimeline(t *testing.T) {
	var b bytes.Buffer
	line := NewTimeline(&b, func(service, code uint8) string { return "kv put" })
	const call = 1<<32 | 3<<16
	for _, h := range []*probe.Hit{
		hit("combine_end", 0, 0, 900, 0, 0, 0, 0), // its beginning was before
		hit("call_begin", 0, 0, 1000, call|1<<8|2, 1, 0, 7),
		hit("combine_begin", 0, 0, 1500, 0, 0, 4, 0),
		hit("send", 0, 0, 1600, 0, 42, 1, 1),
		hit("receive", 1, 1, 1900, 1, 42, 1, 0),
		hit("combine_end", 0, 0, 2500, 0, 0, 0, 0),
		hit("call_end", 0, 0, 3000, call, 1, 0, 0),
		hit("park_begin", 1, 1, 3100, 0, 0, 0, 0), // never ends
	} {
		if err := line.Add(h); err != nil {
			t.Fatal(err)
		}
	}
	report := &tracing.Report{Lost: tracing.Lost{Total: 5}}
	if err := line.Close(report); err != nil {
		t.Fatal(err)
	}
	var trace struct {
		Events []traceEvent `json:"traceEvents"`
		Other  struct {
			Lost     tracing.Lost `json:"lost"`
			Unpaired int          `json:"unpaired_ends"`
			Open     int          `json:"still_open"`
		} `json:"otherData"`
	}
	if err := json.Unmarshal(b.Bytes(), &trace); err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	seen := map[string]traceEvent{}
	for _, e := range trace.Events {
		seen[e.Phase+" "+e.Name] = e
	}
	if e := seen["X combine"]; e.At != "0.600" || e.Duration != "1.000" || e.Process != 1 || e.Thread != 1 || e.Args["ops"] != 4.0 {
		t.Errorf("the batch is %+v", e)
	}
	begin, end := seen["b kv put"], seen["e kv put"]
	if begin.ID == "" || begin.ID != end.ID || begin.At != "0.100" || end.At != "2.100" {
		t.Errorf("the call begins as %+v and ends as %+v", begin, end)
	}
	from, to := seen["s message"], seen["f message"]
	if from.ID == "" || from.ID != to.ID || from.Process != 1 || to.Process != 2 || to.Bind != "e" {
		t.Errorf("the message goes from %+v to %+v", from, to)
	}
	if trace.Other.Lost.Total != 5 || trace.Other.Unpaired != 1 || trace.Other.Open != 1 {
		t.Errorf("%+v", trace.Other)
	}
}

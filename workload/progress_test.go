package workload

import "testing"

func TestLatenciesSince(t *testing.T) {
	var p Progress
	read := func() []Latency {
		var l Latencies
		l.Add(&p)
		return l.Classes()
	}
	for range 10 {
		p.took(100)
	}
	before := read()
	for range 99 {
		p.took(1000)
	}
	p.took(100_000)
	since := SinceLatencies(read(), before)
	if len(since) != 2 || since[0].Operations != 99 || since[1].Operations != 1 {
		t.Fatalf("%+v", since)
	}
	if p50, ok := QuantileOf(since, 0.5); !ok || p50 < 1000 || p50 > 1250 {
		t.Errorf("p50 %d, %v", p50, ok)
	}
	if p99, ok := QuantileOf(since, 0.99); !ok || p99 > 1250 {
		t.Errorf("p99 %d, %v", p99, ok)
	}
	if top, ok := QuantileOf(since, 1); !ok || top < 100_000 {
		t.Errorf("the longest %d, %v", top, ok)
	}
	if _, ok := QuantileOf(nil, 0.5); ok {
		t.Error("nothing has a median")
	}
}

package probe_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/transport"
)

// supported skips where Linux or the lack of a capability forbids probes.
func supported(t *testing.T) {
	t.Helper()
	if err := probe.Supported(); err != nil {
		t.Skip(err)
	}
}

// own traces this process, or skips.
func own(t *testing.T, o probe.Options) *probe.Tracer {
	t.Helper()
	places, err := site.Places()
	if err != nil {
		t.Fatal(err)
	}
	supported(t)
	o.Places, o.Targets = places, []probe.Target{{Node: 0, PID: os.Getpid()}}
	tracer, err := probe.Attach(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tracer.Close() })
	return tracer
}

func read(t *testing.T, tracer *probe.Tracer) map[string]probe.Tally {
	t.Helper()
	r, err := tracer.Read()
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Lost.Total(); n != 0 {
		t.Errorf("lost %+v", r.Lost)
	}
	seen := map[string]probe.Tally{}
	for _, s := range r.Sites {
		seen[s.Name] = s.Tally
	}
	return seen
}

func sum(d transport.Durations) (n uint64) {
	for _, c := range d {
		n += c
	}
	return n
}

// grow makes the stack larger, so that it is copied, and returns.
//
//go:noinline
func grow(n int) byte {
	var frame [1024]byte
	frame[n%len(frame)] = byte(n)
	if n > 0 {
		return frame[0] + grow(n-1)
	}
	return frame[0]
}

// TestThousandPuts: 1,000 puts are 1,000 beginnings and 1,000 ends, while the
// collector runs, stacks grow and move, and goroutines are preempted.
func TestThousandPuts(t *testing.T) {
	for name, o := range map[string]probe.Options{"together": {}, "one by one": {OneByOne: true}} {
		t.Run(name, func(t *testing.T) { testThousandPuts(t, own(t, o)) })
	}
}

func testThousandPuts(t *testing.T, tracer *probe.Tracer) {
	stop := make(chan struct{})
	defer close(stop)
	for range 2 {
		go func() { // work for the collector and the preemption
			var keep [][]byte
			for {
				select {
				case <-stop:
					return
				default:
				}
				if keep = append(keep, make([]byte, 1<<16)); len(keep) > 64 {
					keep = nil
					runtime.GC()
				}
			}
		}()
	}
	group, err := nrkernel.NewGroup(2, func() kernel.Service { return kv.New(kv.Options{}) }, nrkernel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const threads, puts = 4, 250
	done := make(chan error)
	for w := range threads {
		go func() {
			done <- func() error {
				port, err := group.Replica(w % 2).NewPort(1)
				if err != nil {
					return err
				}
				for i := range puts {
					op := kv.Put(uint64(w*puts+i), 1)
					op.Service = 1
					if _, err := kernel.Call(port, op); err != nil {
						return err
					}
					grow(i % 32)
				}
				return port.Close()
			}()
		}()
	}
	for range threads {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	seen := read(t, tracer)
	begin, end := seen["call_begin"], seen["call_end"]
	if begin.Hits != threads*puts || end.Hits != threads*puts || end.Pairs != threads*puts || end.Unpaired != 0 {
		t.Errorf("%d puts: %d beginnings, %d ends, %d pairs, %d ends without a beginning", threads*puts, begin.Hits, end.Hits, end.Pairs, end.Unpaired)
	}
	// The longest is of the highest class that has any.
	most, _ := end.Durations.Quantile(1)
	if end.Total <= 0 || transport.DurationAtMost(transport.DurationClass(uint64(end.Longest))) != most || end.Quantile(0.5) <= 0 {
		t.Errorf("durations: %v in all, half below %v, longest %v", end.Total, end.Quantile(0.5), end.Longest)
	}
	if durations := sum(end.Durations); durations != end.Pairs {
		t.Errorf("%d durations of %d pairs", durations, end.Pairs)
	}
	combines := seen["combine_end"]
	if combines.Pairs == 0 || combines.Size != threads*puts || combines.Hits != seen["combine_begin"].Hits {
		t.Errorf("%d batches of %d operations in all, %d began; want %d operations", combines.Pairs, combines.Size, seen["combine_begin"].Hits, threads*puts)
	}
	if appends := seen["append"]; appends.Size != threads*puts || appends.Hits != combines.Hits {
		t.Errorf("%d appends of %d slots", appends.Hits, appends.Size)
	}
	r, err := tracer.Read()
	if err != nil {
		t.Fatal(err)
	}
	calls := uint64(0)
	for _, o := range r.Operations {
		if o.Service != 1 || o.Code != uint8(kv.CodePut) {
			t.Errorf("an operation that nobody called: %+v", o)
		}
		calls += o.Calls
	}
	if calls != threads*puts {
		t.Errorf("%d calls by operation", calls)
	}
}

// TestOneInN: of 1,024 calls one in 8 passes the probes, at both ends.
func TestOneInN(t *testing.T) {
	tracer := own(t, probe.Options{Sites: []string{"call"}})
	site.SetEvery(8)
	defer site.SetEvery(1)
	var c site.Calls
	for i := range 1024 {
		c.Begin(0, 0, i%16, 1, 2, 0)
		c.End(i % 16)
	}
	seen := read(t, tracer)
	if b, e := seen["call_begin"], seen["call_end"]; b.Hits != 128 || e.Pairs != 128 || e.Unpaired != 0 {
		t.Errorf("of 1024 calls, one in 8: %d beginnings, %d pairs, %d unpaired", b.Hits, e.Pairs, e.Unpaired)
	}
	if len(seen) != 2 {
		t.Errorf("attached to %d sites, asked for a pair", len(seen))
	}
}

// TestOneBatchInN: what a combiner passes is chosen too: of 1,024 writes by
// themselves one in 8 is seen as a batch, one as an append, one as a replay.
func TestOneBatchInN(t *testing.T) {
	tracer := own(t, probe.Options{Sites: []string{"call", "combine", "append", "replay"}})
	site.SetEvery(8)
	defer site.SetEvery(1)
	group, err := nrkernel.NewGroup(1, func() kernel.Service { return kv.New(kv.Options{}) }, nrkernel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	port, err := group.Replica(0).NewPort(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(1024) {
		op := kv.Put(i, 1)
		op.Service = 1
		if _, err := kernel.Call(port, op); err != nil {
			t.Fatal(err)
		}
	}
	seen := read(t, tracer)
	for _, pair := range []string{"call", "combine", "replay"} {
		if b, e := seen[pair+"_begin"], seen[pair+"_end"]; b.Hits != 128 || e.Pairs != 128 || e.Unpaired != 0 {
			t.Errorf("%s, of 1024, one in 8: %d beginnings, %d pairs, %d unpaired", pair, b.Hits, e.Pairs, e.Unpaired)
		}
	}
	if n := seen["append"].Hits; n != 128 {
		t.Errorf("%d appends of 1024, one in 8", n)
	}
}

// TestHits: every hit comes with the words of its site, in order.
func TestHits(t *testing.T) {
	tracer := own(t, probe.Options{Sites: []string{"send", "receive"}, Emit: true})
	const messages = 100
	stop, done := make(chan struct{}), make(chan error, 1)
	var hits []probe.Hit
	go func() {
		done <- tracer.Hits(stop, func(h *probe.Hit) error {
			hits = append(hits, *h)
			return nil
		})
	}()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := range messages {
		site.Send(3, 4, uint64(i), 2)
		site.Receive(4, 3, uint64(i), 2)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(hits) != 2*messages {
		t.Fatalf("%d hits of %d", len(hits), 2*messages)
	}
	for i, h := range hits {
		want := [4]uint64{3, uint64(i / 2), 2, 4}
		name := "send"
		if i%2 == 1 {
			want, name = [4]uint64{4, uint64(i / 2), 2, 3}, "receive"
		}
		if got := [4]uint64{h.Who, h.Number, h.Size, h.More}; got != want || h.Name != name || h.Target.PID != os.Getpid() {
			t.Fatalf("hit %d: %s %v of process %d, want %s %v", i, h.Name, got, h.Target.PID, name, want)
		}
		if i > 0 && h.At < hits[i-1].At {
			t.Fatalf("hit %d came %d ns before the one before it", i, hits[i-1].At-h.At)
		}
	}
}

// TestEmpty: an empty pair takes time, and is counted.
func TestEmpty(t *testing.T) {
	tracer := own(t, probe.Options{Sites: []string{"ack"}})
	stats, err := ebpf.EnableStats(0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stats.Close() }()
	const pairs = 1000
	each := tracer.Empty(10, pairs/10)
	r, err := tracer.Read()
	if err != nil {
		t.Fatal(err)
	}
	cost, err := tracer.Cost()
	if err != nil {
		t.Fatal(err)
	}
	if each <= 0 || r.Empty.Pairs != pairs || cost.Runs != 2*pairs || cost.Runtime <= 0 {
		t.Errorf("an empty pair took %v; %d were seen; cost %+v", each, r.Empty.Pairs, cost)
	}
	t.Logf("an empty pair: %v in all, %v between its probes; programs: %v for %d runs", each, r.Empty.Total/pairs, cost.Runtime, cost.Runs)
}

// TestSecondTracer: a process that is traced tells its places to another tracer,
// and both see what comes.
func TestSecondTracer(t *testing.T) {
	first := own(t, probe.Options{})
	second := own(t, probe.Options{})
	site.Send(0, 1, 0, 1)
	for _, tracer := range []*probe.Tracer{first, second} {
		if n := read(t, tracer)["send"].Hits; n != 1 {
			t.Errorf("%d hits, want 1", n)
		}
	}
}

// TestDetached: what closes leaves nothing behind: the guards are down again.
func TestDetached(t *testing.T) {
	tracer := own(t, probe.Options{})
	if err := tracer.Close(); err != nil {
		t.Fatal(err)
	}
	tracer = own(t, probe.Options{Sites: []string{"send"}})
	site.Send(0, 1, 0, 1)
	if n := read(t, tracer)["send"].Hits; n != 1 {
		t.Errorf("%d hits after another tracer had closed, want 1", n)
	}
	if err := tracer.Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for site.Attached("send") && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if site.Attached("send") {
		t.Error("the guard of a site is up with no tracer attached")
	}
}

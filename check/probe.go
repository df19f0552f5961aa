package check

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// ProbeSpec describes a probe for stale reads: writers add 1 to a key, and
// readers on all nodes see to it that it never seems to go back.
type ProbeSpec struct {
	// Key is the counter. It must be missing, or hold a word, and belong to the
	// probe alone.
	Key uint64 `json:"key"`
	// Keys is the number of counters: Key, Key+1, ... With more than one, all are
	// put to the next value at one instant, by the one writer there then is, and
	// readers read one after the other: who saw a value in one must not find less
	// in another. 0 means 1.
	Keys uint64 `json:"keys"`
	// Readers and Writers are the numbers of threads, in all processes.
	Readers int `json:"readers"`
	Writers int `json:"writers"`
	// Reads is the number of reads of each reader. The writers write until all
	// readers are done.
	Reads uint64 `json:"reads"`
	// ReadWindow and WriteWindow are what a thread keeps outstanding. With a
	// large one a read costs less and is compared with an older sample.
	ReadWindow  int `json:"read_window"`
	WriteWindow int `json:"write_window"`
	// UntilStale ends the probe at the first stale read.
	UntilStale bool `json:"until_stale"`
}

// ProbeWords are what the threads of one probe share: zeroed memory, in a
// segment or not. They serve one probe.
type ProbeWords struct {
	control workload.Control
	// high is the highest value that any reader has seen.
	high transport.Line
	// done counts the readers that are done.
	done transport.Line
}

// Stop ends the probe early.
func (w *ProbeWords) Stop() { w.control.Stop() }

// ProbeResult is what one thread of a probe saw, or several, merged.
type ProbeResult struct {
	Reads   uint64 `json:"reads"`
	Stale   uint64 `json:"stale_reads"`
	Writes  uint64 `json:"writes"`
	Highest uint64 `json:"highest"`
	// FirstStale describes a stale read.
	FirstStale string `json:"first_stale,omitempty"`
}

// Merge adds what another thread saw.
func (r *ProbeResult) Merge(other ProbeResult) {
	r.Reads += other.Reads
	r.Stale += other.Stale
	r.Writes += other.Writes
	r.Highest = max(r.Highest, other.Highest)
	if r.FirstStale == "" {
		r.FirstStale = other.FirstStale
	}
}

func (r *ProbeResult) stale(value, seen uint64) {
	r.Stale++
	if r.FirstStale == "" {
		r.FirstStale = fmt.Sprintf("read %d of this thread returned %d, after a reader had seen %d", r.Reads+1, value, seen)
	}
}

// Validate returns an error that names what is out of range.
func (s ProbeSpec) Validate() error {
	window := fmt.Sprintf("1 to %d", kernel.MaxWindow)
	for _, c := range []struct {
		ok    bool
		name  string
		value any
		want  string
	}{
		{s.Readers >= 1, "readers", s.Readers, "1 or more"},
		{s.Writers >= 0, "writers", s.Writers, "0 or more"},
		{s.Keys <= kv.MaxPairs, "keys", s.Keys, fmt.Sprintf("0 to %d", kv.MaxPairs)},
		{s.Keys <= 1 || s.Writers <= 1, "writers", s.Writers, "one for several keys"},
		{s.Keys <= 1 || s.WriteWindow == 1, "write-window", s.WriteWindow, "1 for several keys"},
		{s.ReadWindow >= 1 && s.ReadWindow <= kernel.MaxWindow, "read-window", s.ReadWindow, window},
		{s.WriteWindow >= 1 && s.WriteWindow <= kernel.MaxWindow, "write-window", s.WriteWindow, window},
	} {
		if !c.ok {
			return fmt.Errorf("probe: %s %v: want %s", c.name, c.value, c.want)
		}
	}
	return nil
}

// open checks the spec against a thread's ports, fills their windows with
// operations, and waits for the other threads. A thread that cannot take part stops all.
func (s ProbeSpec) open(words *ProbeWords, window int, op func(i int) kernel.Op, ports ...kernel.Port) error {
	err := s.Validate()
	for _, p := range ports {
		if n := len(p.Ops()); err == nil && n < window {
			err = fmt.Errorf("probe: window %d: the port was opened for %d", window, n)
		}
	}
	if err != nil {
		words.Stop()
		return err
	}
	for _, p := range ports {
		for i := range window {
			p.Ops()[i] = op(i)
		}
	}
	words.control.Meet(s.Readers + s.Writers)
	return nil
}

// Write is a writer: it adds 1 to the key until all readers are done.
func (s ProbeSpec) Write(port kernel.Port, words *ProbeWords) (ProbeResult, error) {
	var r ProbeResult
	write, first := s.write, kv.Add(s.Key, 1)
	if s.Keys > 1 {
		write, first = s.writeTogether, kv.Size() // answers what may be in Data
	}
	if err := s.open(words, s.WriteWindow, func(int) kernel.Op { return first }, port); err != nil {
		return r, err
	}
	err := write(port, words, &r)
	if err != nil {
		words.Stop()
		err = fmt.Errorf("probe writer: %w", err)
	}
	return r, err
}

func (s ProbeSpec) write(port kernel.Port, words *ProbeWords, r *ProbeResult) error {
	outstanding := 0
	for i := range s.WriteWindow {
		port.Start(i)
		outstanding++
	}
	readers := uint64(s.Readers)
	for outstanding > 0 {
		i, err := port.Next()
		if err != nil {
			return err
		}
		res := &port.Results()[i]
		if res.Status != kernel.StatusOK {
			return fmt.Errorf("add to key %d: %w", s.Key, res.Status.Err())
		}
		r.Writes++
		r.Highest = max(r.Highest, res.Value)
		if words.done.Load() != readers && !words.control.Stopped() {
			port.Start(i)
		} else {
			outstanding--
		}
	}
	return nil
}

// writeTogether puts all counters to 1, then to 2, and so on.
func (s ProbeSpec) writeTogether(port kernel.Port, words *ProbeWords, r *ProbeResult) error {
	data := make([]byte, 0, kernel.MaxData)
	for r.Writes == 0 || words.done.Load() != uint64(s.Readers) && !words.control.Stopped() {
		data = data[:0]
		for i := range s.Keys {
			data = kv.AppendPairs(data, kv.Pair{Key: s.Key + i, Word: r.Writes + 1})
		}
		res, err := kernel.Call(port, kv.PutMany(data))
		if err != nil {
			return err
		}
		if res.Status != kernel.StatusOK {
			return fmt.Errorf("put %d keys from %d: %w", s.Keys, s.Key, res.Status.Err())
		}
		r.Writes++
		r.Highest = r.Writes
	}
	return nil
}

// Read is a reader. It samples the high-water word, starts a window of reads,
// counts those that return less than the sample, and raises the word to the
// highest.
func (s ProbeSpec) Read(port kernel.Port, words *ProbeWords) (ProbeResult, error) {
	return s.reader(words, []kernel.Port{port}, func(r *ProbeResult) error {
		high := words.high.Load()
		for i := range s.ReadWindow {
			port.Ops()[i].Args[0] = s.counter(r.Reads + uint64(i))
			port.Start(i)
		}
		highest := high
		for range s.ReadWindow {
			i, err := port.Next()
			if err != nil {
				return err
			}
			v, err := valueOf(&port.Results()[i])
			if err != nil {
				return err
			}
			if v < high {
				r.stale(v, high)
			}
			highest = max(highest, v)
			r.Reads++
		}
		for high < highest && !words.high.CompareAndSwap(high, highest) {
			high = words.high.Load()
		}
		r.Highest = max(r.Highest, highest)
		return nil
	})
}

// ReadAround is a reader with ports on several nodes: it reads at each in
// turn, and no read may return less than the one before. It needs no shared
// word, so the time from read to read is as short as can be.
func (s ProbeSpec) ReadAround(ports []kernel.Port, words *ProbeWords) (ProbeResult, error) {
	s.ReadWindow = 1
	return s.reader(words, ports, func(r *ProbeResult) error {
		for _, port := range ports {
			port.Ops()[0].Args[0] = s.counter(r.Reads)
			port.Start(0)
			if _, err := port.Next(); err != nil {
				return err
			}
			v, err := valueOf(&port.Results()[0])
			if err != nil {
				return err
			}
			if v < r.Highest {
				r.stale(v, r.Highest)
			}
			r.Highest = max(r.Highest, v)
			r.Reads++
		}
		return nil
	})
}

// counter returns the key that read n of a thread reads.
func (s ProbeSpec) counter(n uint64) uint64 {
	if s.Keys <= 1 {
		return s.Key
	}
	return s.Key + n%s.Keys
}

// reader calls round until it has done its reads.
func (s ProbeSpec) reader(words *ProbeWords, ports []kernel.Port, round func(*ProbeResult) error) (ProbeResult, error) {
	var r ProbeResult
	get := func(int) kernel.Op { return kv.Get(s.Key) }
	if err := s.open(words, s.ReadWindow, get, ports...); err != nil {
		return r, err
	}
	for r.Reads < s.Reads && !words.control.Stopped() {
		if err := round(&r); err != nil {
			words.Stop()
			return r, fmt.Errorf("probe reader: %w", err)
		}
		if r.Stale > 0 && s.UntilStale {
			words.Stop()
		}
	}
	for n := words.done.Load(); !words.done.CompareAndSwap(n, n+1); {
		n = words.done.Load()
	}
	return r, nil
}

// valueOf returns the value of a read of the counter; before the first write
// that is 0.
func valueOf(res *kernel.Result) (uint64, error) {
	switch res.Status {
	case kernel.StatusOK:
		return res.Value, nil
	case kernel.StatusNotFound:
		return 0, nil
	}
	return 0, fmt.Errorf("get: %w", res.Status.Err())
}

package workload

import (
	"bytes"
	"math/bits"
	"os"
	"sync"
	"time"
)

// Clock gives cheap time stamps to one process. Stamps are ticks: of the time
// stamp counter where that runs at one rate on all CPUs and in all their idle
// states, else nanoseconds. Stamps of different processes do not compare.
type Clock struct {
	base    time.Time
	counter bool
	rate    uint64 // nanoseconds in a tick, 32 bits after the point
}

// calibration is how long the counter is compared with the kernel's clock. The
// error of one time.Now over it is about 3 parts in a million.
const calibration = 20 * time.Millisecond

// ProcessClock returns the clock of this process, calibrated once.
var ProcessClock = sync.OnceValue(func() *Clock {
	// No /proc, no invariant counter that we know of.
	info, _ := os.ReadFile("/proc/cpuinfo")
	return newClock(invariantCounter(info))
})

func newClock(counter bool) *Clock {
	c := &Clock{base: time.Now(), counter: counter, rate: 1 << 32}
	if !counter {
		return c
	}
	t0, n0 := bracket()
	time.Sleep(calibration)
	t1, n1 := bracket()
	if n1 <= n0 {
		c.counter = false
		return c
	}
	c.rate, _ = bits.Div64(uint64(t1.Sub(t0))>>32, uint64(t1.Sub(t0))<<32, n1-n0)
	return c
}

// bracket reads both clocks at nearly one time: of some tries, the one that
// took the fewest ticks.
func bracket() (t time.Time, ticks uint64) {
	shortest := ^uint64(0)
	for range 16 {
		before := rdtsc()
		now := time.Now()
		after := rdtsc()
		if took := after - before; took < shortest {
			shortest, t, ticks = took, now, before+took/2
		}
	}
	return t, ticks
}

// invariantCounter reports whether /proc/cpuinfo says of every CPU that its
// counter runs at a constant rate and does not stop.
func invariantCounter(cpuinfo []byte) bool {
	found := false
	for line := range bytes.Lines(cpuinfo) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || string(bytes.TrimSpace(name)) != "flags" {
			continue
		}
		constant, nonstop := false, false
		for flag := range bytes.FieldsSeq(value) {
			constant = constant || string(flag) == "constant_tsc"
			nonstop = nonstop || string(flag) == "nonstop_tsc"
		}
		if !constant || !nonstop {
			return false
		}
		found = true
	}
	return found
}

// Ticks returns the time.
func (c *Clock) Ticks() uint64 {
	if c.counter {
		return rdtsc()
	}
	return uint64(time.Since(c.base))
}

// Nanoseconds returns the length of a span of ticks.
func (c *Clock) Nanoseconds(ticks uint64) int64 {
	hi, lo := bits.Mul64(ticks, c.rate)
	return int64(hi<<32 | lo>>32)
}

// Source names what the stamps come from: "tsc" or "clock_monotonic".
func (c *Clock) Source() string {
	if c.counter {
		return "tsc"
	}
	return "clock_monotonic"
}

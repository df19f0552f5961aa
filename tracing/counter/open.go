package counter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrUnavailable is the error of an event that cannot be counted here.
var ErrUnavailable = errors.New("cannot be counted here")

// Unavailable says why an event cannot be counted, and what would help.
type Unavailable struct {
	Event  Event
	Cause  error
	Reason string
}

// Error names the event, the reason and the remedy.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("%s (%s): %s", u.Event.Name, u.Event.Encoding(), u.Reason)
}

// Is reports whether target is ErrUnavailable.
func (u *Unavailable) Is(target error) bool { return target == ErrUnavailable }

// Unwrap returns what perf_event_open said.
func (u *Unavailable) Unwrap() error { return u.Cause }

func unavailable(e Event, err error) error {
	reason := err.Error()
	switch {
	case errors.Is(err, unix.ENOENT) && !e.Software(), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EOPNOTSUPP):
		reason = "no PMU: " + err.Error()
	case errors.Is(err, unix.EINVAL):
		reason = "this processor does not know the event (" + err.Error() + ")"
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		reason = fmt.Sprintf("not permitted (perf_event_paranoid is %s): run as root, or setcap cap_perfmon+ep", paranoid())
	case errors.Is(err, unix.EMFILE):
		reason = "too many open files: raise the limit (ulimit -n)"
	}
	return &Unavailable{e, err, reason}
}

func paranoid() string {
	text, err := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	if err != nil {
		return "not known"
	}
	return strings.TrimSpace(string(text))
}

// Counter is one event of one thread, or of one CPU.
type Counter struct {
	fd    int
	Event Event
}

// follow says whom a counter counts.
type follow struct {
	tid, cpu int
	// children counts the threads too that the thread starts; BPF cannot read
	// such a counter.
	children bool
}

func open(e Event, f follow) (*Counter, error) {
	attr := unix.PerfEventAttr{
		Type: e.Type, Config: e.Config, Ext1: e.Config1, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
	}
	if f.children {
		attr.Bits |= unix.PerfBitInherit
	}
	fd, err := unix.PerfEventOpen(&attr, f.tid, f.cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if errors.Is(err, unix.EACCES) {
		// What the thread does itself may be allowed.
		attr.Bits |= unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv
		fd, err = unix.PerfEventOpen(&attr, f.tid, f.cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	}
	if err != nil {
		if errors.Is(err, unix.ESRCH) {
			return nil, err
		}
		return nil, unavailable(e, err)
	}
	return &Counter{fd, e}, nil
}

// OpenThread opens a counter of one thread, on whatever CPU it runs: one that
// BPF can read.
func OpenThread(e Event, tid int) (*Counter, error) {
	return open(e, follow{tid: tid, cpu: -1})
}

// Available reports whether an event can be counted here, by opening it for the
// calling thread: nil, or an Unavailable.
func Available(e Event) error {
	c, err := open(e, follow{tid: 0, cpu: -1})
	if err != nil {
		return err
	}
	return c.Close()
}

// FD returns the file of the event.
func (c *Counter) FD() int { return c.fd }

// Read returns the count so far.
func (c *Counter) Read() (Value, error) {
	var b [24]byte
	n, err := unix.Read(c.fd, b[:])
	if err != nil || n != len(b) {
		return Value{}, fmt.Errorf("read %s: %d bytes: %w", c.Event.Name, n, err)
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return Value{word(0), word(1), word(2)}, nil
}

// Close stops counting.
func (c *Counter) Close() error { return unix.Close(c.fd) }

// Value is what a counter counted, and for how long.
type Value struct {
	Count   uint64
	Enabled uint64 // ns for which it was wanted
	Running uint64 // ns for which it was counting
}

// Since returns what was counted after an earlier reading.
func (v Value) Since(before Value) Value {
	return Value{v.Count - before.Count, v.Enabled - before.Enabled, v.Running - before.Running}
}

// Add returns the sum of two threads' values.
func (v Value) Add(o Value) Value {
	return Value{v.Count + o.Count, v.Enabled + o.Enabled, v.Running + o.Running}
}

// Coverage is the share of the time for which the event was counting: 1 when it
// had a counter for itself, and when nothing ran.
func (v Value) Coverage() float64 {
	if v.Enabled == 0 {
		return 1
	}
	return float64(v.Running) / float64(v.Enabled)
}

// Scaled is the count, as it would be had the event been counting all the time.
// It is false if it never was.
func (v Value) Scaled() (float64, bool) {
	if v.Running == 0 {
		return 0, v.Enabled == 0
	}
	return float64(v.Count) / v.Coverage(), true
}

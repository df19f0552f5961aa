package probe

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing/site"
)

// Hit is one hit of a site.
type Hit struct {
	site.Description
	Target Target
	// At is Linux's monotonic clock in nanoseconds.
	At     uint64
	Thread int
	CPU    int
	// The words of the site; see package site.
	Who, Number, Size, More uint64
}

// rawHit is struct hit of sites.c.
type rawHit struct {
	at                      uint64
	tgid, tid               uint32
	slot, cpu               uint16
	_                       uint32
	who, number, size, more uint64
}

// Hits calls f for every hit until it returns an error, which it returns, or,
// after stop was closed, until what had been hit by then has come: then nil. The
// Hit is f's until it returns.
func (t *Tracer) Hits(stop <-chan struct{}, f func(*Hit) error) error {
	r, err := ringbuf.NewReader(t.objects.Hits)
	if err != nil {
		return fmt.Errorf("hits: %w", err)
	}
	defer func() { _ = r.Close() }()
	const look = 50 * time.Millisecond
	var record ringbuf.Record
	var hit Hit
	stopped := stop
	var until uint64 // 0: not yet stopped
	for {
		select {
		case <-stopped:
			stopped, until = nil, now()
		default:
		}
		r.SetDeadline(time.Now().Add(look))
		err := r.ReadInto(&record)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if until != 0 {
				return nil
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("hits: %w", err)
		}
		if len(record.RawSample) < int(unsafe.Sizeof(rawHit{})) {
			return fmt.Errorf("hits: a record of %d bytes", len(record.RawSample))
		}
		raw := *(*rawHit)(unsafe.Pointer(&record.RawSample[0]))
		if until != 0 && raw.at > until {
			return nil
		}
		if int(raw.slot) >= len(t.slots) || t.slots[raw.slot].target < 0 {
			continue // the empty pair's
		}
		s := t.slots[raw.slot]
		hit = Hit{
			Description: s.Description, Target: t.targets[s.target],
			At: raw.at, Thread: int(raw.tid), CPU: int(raw.cpu),
			Who: raw.who, Number: raw.number, Size: raw.size, More: raw.more,
		}
		if err := f(&hit); err != nil {
			return err
		}
	}
}

// now is the clock of Hit.At.
func now() uint64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail
	return uint64(t.Nano())
}

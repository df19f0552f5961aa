package transport

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// slotsOf gives each message of a stream a length that both ends know.
func slotsOf(id uint64, most int) int {
	return 1 + int(id*0x9e3779b97f4a7c15>>40)%min(longest, most)
}

// exchange sends messages while it receives as many, and checks each. It is
// stuck when nothing has moved for long, however slow the whole is.
func exchange(c *Channel, messages uint64, policy *Policy) error {
	w := NewWaiter(policy)
	var deadline time.Time
	sent, received := uint64(0), uint64(0)
	for sent < messages || received < messages {
		progress := false
		if sent < messages {
			if slots := slotsOf(sent, c.MaxMessage()); c.Credit(slots) {
				fillMessage(c, sent, slots)
				c.Send(slots)
				sent++
				progress = true
			}
		}
		if p := c.Receive(); p != nil {
			slots := slotsOf(received, len(c.rx)-ackAfter(c.rx))
			if received == messages {
				return errors.New("a message too many")
			}
			if err := checkMessage(c, p, received, slots); err != nil {
				return err
			}
			c.Release(slots)
			received++
			progress = true
		}
		if progress {
			w.Reset()
			deadline = time.Time{}
			continue
		}
		if w.Patient() {
			if now := time.Now(); deadline.IsZero() {
				deadline = now.Add(patience)
			} else if now.After(deadline) {
				return fmt.Errorf("stuck: sent %d, received %d of %d: %+v", sent, received, messages, c.Position())
			}
		}
		// The slot after the last one taken: nothing else can end the wait.
		next := c.rx[c.taken&c.rxMask].HeaderWord()
		if seen := next.Load(); seen>>numberShift != uint64(c.taken)&(1<<46-1) || seen == 0 {
			w.Wait(next, seen)
		}
	}
	return nil
}

// TestChannelThreads: two threads, each sending and receiving. What a small ring
// cannot hold costs a change of threads, so it gets fewer messages.
func TestChannelThreads(t *testing.T) {
	for _, test := range []struct{ forth, back, start int }{
		{4, 4, 0},
		{4, 512, 1<<16 - 100},
		{8, 16, 1<<46 - 1000},
		{32, 32, 1<<46 - 1<<16 - 1},
		{256, 256, 3<<16 - 1000},
	} {
		t.Run(fmt.Sprintf("%dx%d_at_%#x", test.forth, test.back, test.start), func(t *testing.T) {
			a, b := newPair(t, test.forth, test.back, test.start)
			messages := uint64(min(10_000, 500*min(test.forth, test.back)))
			there := make(chan error)
			go func() { there <- exchange(b, messages, &Goroutines) }()
			here := exchange(a, messages, &Goroutines)
			if err := errors.Join(here, <-there); err != nil {
				t.Error(err)
			}
		})
	}
}

const (
	processRing     = 64
	processMessages = 30_000
)

func processEnds(s *Segment, tx, rx string) (*Channel, error) {
	forth, err := Slice[Slot](s, tx, 0, processRing)
	if err != nil {
		return nil, err
	}
	back, err := Slice[Slot](s, rx, 0, processRing)
	if err != nil {
		return nil, err
	}
	return NewChannel(forth, back)
}

// TestChannelProcesses is TestChannelThreads between two processes.
func TestChannelProcesses(t *testing.T) {
	var l Layout
	l.Add("forth", 0, processRing*SlotSize)
	l.Add("back", 0, processRing*SlotSize)
	s := sharedSegment(t, &l)
	c, err := processEnds(s, "forth", "back")
	if err != nil {
		t.Fatal(err)
	}
	inChild(t, s, "exchange", func() error { return exchange(c, processMessages, &Oversubscribed) })
}

func childExchange(s *Segment) error {
	c, err := processEnds(s, "back", "forth")
	if err != nil {
		return err
	}
	return exchange(c, processMessages, &Oversubscribed)
}

package node

import (
	"context"
	"sync"
	"time"
)

const (
	// keptEvents is how many events a late listener still gets.
	keptEvents = 64
	// queuedEvents is how far a listener may be behind before it misses some.
	queuedEvents = 64
)

// hub hands events to listeners. It never waits for one: a slow listener
// misses events, and sees so by the gap in their sequence.
type hub struct {
	mu        sync.Mutex
	sequence  uint64
	kept      []Event
	listeners map[chan Event]struct{}
	closed    bool
	tell      func(Event)
}

func newHub(tell func(Event)) *hub {
	return &hub{listeners: map[chan Event]struct{}{}, tell: tell}
}

// publish numbers and dates an event and hands it to all listeners.
func (h *hub) publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.sequence++
	e.Sequence, e.Time = h.sequence, time.Now()
	if h.kept = append(h.kept, e); len(h.kept) > keptEvents {
		h.kept = append(h.kept[:0:0], h.kept[len(h.kept)-keptEvents:]...)
	}
	for l := range h.listeners {
		select {
		case l <- e:
		default:
		}
	}
	if h.tell != nil {
		h.tell(e)
	}
}

// close ends the stream of every listener.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for l := range h.listeners {
		close(l)
		delete(h.listeners, l)
	}
}

// listen calls f for the events that were kept and for those that come.
func (h *hub) listen(ctx context.Context, f func(Event) error) error {
	h.mu.Lock()
	kept := append([]Event(nil), h.kept...)
	l := make(chan Event, queuedEvents)
	if h.closed {
		close(l)
	} else {
		h.listeners[l] = struct{}{}
	}
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.listeners, l)
		h.mu.Unlock()
	}()
	for _, e := range kept {
		if err := f(e); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-l:
			if !open {
				return nil
			}
			if err := f(e); err != nil {
				return err
			}
		}
	}
}

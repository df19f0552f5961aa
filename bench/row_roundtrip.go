package bench

import (
	"github.com/nrkern/nrkern/transport"
	"github.com/nrkern/nrkern/workload"
)

// lastMessage is the first word of a message that ends a phase.
const lastMessage = ^uint64(0)

// newEnds makes both ends of a channel.
func newEnds(ring int) (ends [2]*transport.Channel, err error) {
	slots := transport.Apart[transport.Slot](2 * ring)
	if ends[0], err = transport.NewChannel(slots[:ring], slots[ring:]); err != nil {
		return ends, err
	}
	ends[1], err = transport.NewChannel(slots[ring:], slots[:ring])
	return ends, err
}

// sendOne fills a message of one slot, in place, and sends it.
func sendOne(c *transport.Channel, n uint64) {
	w := transport.NewWaiter(&transport.Dedicated)
	for !c.Credit(1) {
		c.Receive()
		w.Pause()
	}
	p := c.Fill(0)
	p[0], p[1], p[2], p[3], p[4], p[5], p[6] = n, n+1, n+2, n+3, n+4, n+5, n+6 // unrolled, as C's is
	c.Send(1)
}

// receiveOne waits for a message of one slot, reads all of it, and returns its
// first word and the sum of all.
func receiveOne(c *transport.Channel) (first, sum uint64) {
	p := c.Receive()
	for w := transport.NewWaiter(&transport.Dedicated); p == nil; p = c.Receive() {
		w.Pause()
	}
	first, sum = p[0], p[0]+p[1]+p[2]+p[3]+p[4]+p[5]+p[6]
	c.Release(1)
	return first, sum
}

// trips is the job of two threads that send a message to and fro: the first
// sends, the other answers.
func trips(ends [2]*transport.Channel) job {
	clock := workload.ProcessClock()
	sink := new([2]transport.Line)
	return job{work: func(who int, until uint64) (n uint64, _ error) {
		c, total := ends[who], uint64(0)
		for last := false; !last; {
			if who == 0 {
				last = n%32 == 0 && clock.Ticks() >= until
				word := n
				if last {
					word = lastMessage
				}
				sendOne(c, word)
				_, sum := receiveOne(c)
				total += sum
				n++
			} else {
				first, sum := receiveOne(c)
				total += sum
				sendOne(c, first)
				last = first == lastMessage
			}
		}
		sink[who].Store(total)
		return n, nil
	}}
}

// roundTrip sends a message to the other CPU and waits for it to come back.
func roundTrip(s *Session) ([]Line, error) {
	const ring = 256
	ends, err := newEnds(ring)
	if err != nil {
		return nil, err
	}
	ours := onCPUs("nrkern", s.both(), reading.perOperation, trips(ends))
	ump, err := s.inC("C", "ump", ring, reading.perOperation)
	if err != nil {
		return nil, err
	}
	line, err := s.inC("C line ping-pong", "line", 0, reading.perOperation)
	if err != nil {
		return nil, err
	}
	found, err := s.interleave(how{row: "ump-round-trip", unit: NSPerOp}, []variant{ours, ump, line})
	return append(compareAll(found, "nrkern", "C", atMost(1.05)), compareAll(found, "nrkern", "C line ping-pong", nil)...), err
}

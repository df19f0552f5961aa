package combining

import (
	"github.com/nrkern/nrkern/internal/mutant"
	"github.com/nrkern/nrkern/transport"
)

// Server is a node that must answer others even when none of its own threads
// calls: a monitor with messages to handle, or a replica that holds up the log.
type Server interface {
	// Serve does what is there to do, unless a thread of the node is at it, and
	// reports whether there was anything.
	Serve() (progress bool, err error)
	// Bell rings when others want something of the node.
	Bell() *transport.Bell
	// Station is where the node's threads meet.
	Station() *Station
}

// A Hurrier is a Server that may wait for other nodes though no thread of its own
// does: others wait for it.
type Hurrier interface {
	// Hurry wakes the nodes that it waits for, those that it has woken before only
	// if again is set: the attending thread calls it before it sleeps, and sets
	// again when its sleep has ended by itself.
	Hurry(again bool)
}

// A Sleeper is a Server that need not look for work before it is rung for: who wants
// something of the node rings well before it has to wait. To poll would only take
// lines from those who work.
type Sleeper interface {
	// Sleeps reports whether it is one.
	Sleeps() bool
}

// Attend serves a node until stop is non-zero: the life of its one attending
// thread. While threads of the node work it naps, and whoever has waited long
// for the node wakes it: threads may stop polling at any time without a word,
// but looking in every millisecond would make the Go scheduler's monitor run
// every 20 microseconds on a CPU that has better to do. When none of them
// works it polls for a while after each piece of work (a Sleeper does not), then
// sleeps until the bell rings.
func Attend(s Server, stop *transport.Word, policy *transport.Policy) error {
	bell := s.Bell()
	w := transport.NewWaiter(policy)
	last := s.Station().Activity()
	hurrier, _ := s.(Hurrier)
	sleeper, _ := s.(Sleeper)
	sleeps := sleeper != nil && sleeper.Sleeps()
	again := false
	for stop.Load() == 0 {
		progress, err := s.Serve()
		if err != nil {
			return err
		}
		if now := s.Station().Activity(); now != last {
			last = now
			bell.Nap(transport.LongNap)
			w.Reset()
			continue
		}
		if progress {
			w.Reset()
			continue
		}
		if !sleeps && !w.Sleepy() {
			w.Pause()
			continue
		}
		if hurrier != nil {
			hurrier.Hurry(again)
		}
		s.Station().Rest()
		ticket := bell.Announce()
		// A thread that is at it now may have looked already, may leave without
		// seeing that we rest (its unlocking is a plain store), and would make
		// Serve do nothing: let it go first. A later one sees it.
		if !mutant.RestPastCombiner {
			s.Station().AwaitFree()
		}
		if mutant.NoSecondLook {
			again = !bell.Sleep(ticket, transport.LongNap)
			continue
		}
		if progress, err = s.Serve(); progress || err != nil {
			bell.Withdraw(ticket)
			s.Station().Rouse()
			if err != nil {
				return err
			}
			w.Reset()
			continue
		}
		// Once it has slept it goes on sleeping until there is something to do: to
		// poll after each nap costs a percent of a busy CPU.
		again = !bell.Sleep(ticket, transport.LongNap)
		s.Station().Rouse()
	}
	return nil
}

package counter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Set counts events of all threads of processes.
type Set struct {
	events []counted
}

// counted is one event and its counters, by process.
type counted struct {
	event    Event
	err      error
	counters map[int][]*Counter
}

// Open opens counters of all threads of processes, and of those that they will
// start. Events that cannot be counted say so when they are read.
func Open(pids []int, events []Event) *Set {
	s := &Set{}
	for _, e := range events {
		c := counted{event: e, counters: map[int][]*Counter{}}
		if c.err = Available(e); c.err == nil {
			for _, pid := range pids {
				if err := c.follow(pid); err != nil {
					c.close()
					c.err = err
					break
				}
			}
		}
		s.events = append(s.events, c)
	}
	return s
}

func (c *counted) follow(pid int) error {
	tids, err := Threads(pid)
	if err != nil {
		return err
	}
	for _, tid := range tids {
		counter, err := open(c.event, follow{tid: tid, cpu: -1, children: true})
		if errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return err
		}
		c.counters[pid] = append(c.counters[pid], counter)
	}
	return nil
}

// Threads returns the threads of a process.
func Threads(pid int) ([]int, error) {
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	if err != nil {
		return nil, fmt.Errorf("threads of process %d: %w", pid, err)
	}
	var tids []int
	for _, e := range entries {
		if tid, err := strconv.Atoi(e.Name()); err == nil {
			tids = append(tids, tid)
		}
	}
	return tids, nil
}

// Count is an event and what was counted of it, by process; or why it was not.
type Count struct {
	Event  Event
	Values map[int]Value
	Err    error
}

// Total returns the sum of all processes.
func (c Count) Total() Value {
	var sum Value
	for _, v := range c.Values {
		sum = sum.Add(v)
	}
	return sum
}

// Since returns what was counted after an earlier reading of the same set.
func (c Count) Since(before Count) Count {
	d := Count{Event: c.Event, Err: errors.Join(c.Err, before.Err), Values: map[int]Value{}}
	if before.Err != nil && c.Err != nil {
		d.Err = c.Err
	}
	for pid, v := range c.Values {
		d.Values[pid] = v.Since(before.Values[pid])
	}
	return d
}

// Read returns the counts so far, event by event.
func (s *Set) Read() []Count {
	var all []Count
	for _, c := range s.events {
		n := Count{Event: c.event, Err: c.err, Values: map[int]Value{}}
		for pid, counters := range c.counters {
			for _, counter := range counters {
				v, err := counter.Read()
				if err != nil {
					n.Err = err
					continue
				}
				n.Values[pid] = n.Values[pid].Add(v)
			}
		}
		all = append(all, n)
	}
	return all
}

func (c *counted) close() {
	for _, counters := range c.counters {
		for _, counter := range counters {
			_ = counter.Close()
		}
	}
	c.counters = nil
}

// Close stops counting.
func (s *Set) Close() {
	for i := range s.events {
		s.events[i].close()
	}
}

package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// How long a kernel that is asked to stop has before SIGTERM, and after it
// before SIGKILL.
const (
	stopPatience = 2 * time.Second
	termPatience = time.Second
)

// watch waits for the end of a kernel. If nobody asked for it, the others of an
// nr machine go on without it and another takes its place; any other machine ends.
func (m *Machine) watch(c *child) {
	<-c.exited
	if m.life.Err() != nil || m.isRemoved(c.number) {
		return
	}
	err := c.death()
	if m.survives(c) {
		m.replace(c, err)
		return
	}
	m.end(fmt.Errorf("%w; the machine stops", err))
	m.log.Error(err.Error())
	m.events.publish(Event{Kind: EventKernelDied, Node: m.nodeOf(c), PID: c.process.Pid, Text: err.Error()})
}

// live waits for the end of the machine's life, and sees to it.
func (m *Machine) live(ctx context.Context) {
	defer close(m.done)
	select {
	case <-m.life.Done():
	case <-ctx.Done():
		m.end(errOrderly)
	}
	m.takeDown()
}

// takeDown ends everything there is of the machine, also of one that booted
// half-way: kernels, files, segment, socket, threads.
func (m *Machine) takeDown() {
	m.setState(StateStopping)
	why := "asked to"
	if cause := context.Cause(m.life); !errors.Is(cause, errOrderly) {
		why = cause.Error()
	}
	m.events.publish(Event{Kind: EventStopping, Node: -1, Text: why})
	m.control.refuse()
	m.endKernels()
	if m.dir != nil {
		m.dir.release()
	}
	m.setState(StateStopped)
	m.events.publish(Event{Kind: EventStopped, Node: -1, Text: why})
	m.events.close()
	close(m.gone)
	m.control.close()
	if m.segment != nil {
		m.using.Lock() // who reads it now has not heard of the end yet
		_ = m.segment.Close()
		m.using.Unlock()
	}
	if m.forker != nil {
		m.forker.close()
	}
}

// endKernels stops the kernels: by the machine's stop word and the end of
// their connection first, then by force.
func (m *Machine) endKernels() {
	if m.board != nil {
		m.board.machine.Stop.Swap(1)
	}
	for _, g := range m.gates {
		g.Stop()
	}
	var ends sync.WaitGroup
	for _, c := range m.children() {
		ends.Go(func() {
			_ = c.conn.Close()
			if c.endsWithin(stopPatience) {
				return
			}
			m.log.Warn(c.name() + " does not stop: SIGTERM")
			c.signal(syscall.SIGTERM)
			if c.endsWithin(termPatience) {
				return
			}
			m.log.Warn(c.name() + " does not stop: SIGKILL")
			c.signal(syscall.SIGKILL)
			<-c.exited
		})
	}
	ends.Wait()
	m.watched.Wait()
}

func (c *child) endsWithin(d time.Duration) bool {
	select {
	case <-c.exited:
		return true
	case <-time.After(d):
		return false
	}
}

package tracing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
)

// Options say what to look at.
type Options struct {
	Targets []probe.Target
	Places  []site.Place
	// Sites are the probe sites to attach to; nil for all, empty for none.
	Sites []string
	// Every is one in how many calls and messages pass their probes; the machine
	// has been told.
	Every uint64
	// Events are counted over the interval. Wanted are those among them that
	// were asked for by name: if one cannot be counted, Start fails.
	Events []counter.Event
	Wanted []counter.Event
	// PerCall are read at the ends of calls, at most probe.MaxValues.
	PerCall []counter.Event
	// Emit sends hits to Hits.
	Emit bool
}

// Session is a machine that is being watched.
type Session struct {
	options  Options
	began    time.Time
	nodes    map[int]int // process to node
	tracer   *probe.Tracer
	probeErr error
	set      *counter.Set
	links    *counter.LinkSet
	first    []counter.Count
	firstUp  []counter.LinkCount
	empty    time.Duration

	mu       sync.Mutex // guards perCall and files
	perCall  []error    // why an event is not read at calls, by event
	files    []*counter.Counter
	stop     chan struct{}
	closing  sync.Once
	watching sync.WaitGroup
}

// Empty pairs tell what a pair takes.
const (
	emptyBatches = 40
	emptyPairs   = 50
)

// Start begins to watch. What this machine does not allow is left out and said
// in the report, unless it was asked for by name.
func Start(o Options) (_ *Session, err error) {
	s := &Session{options: o, nodes: map[int]int{}, stop: make(chan struct{}), perCall: make([]error, len(o.PerCall))}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	var pids []int
	for _, t := range o.Targets {
		pids = append(pids, t.PID)
		s.nodes[t.PID] = t.Node
	}
	for _, e := range o.Wanted {
		if err := counter.Available(e); err != nil {
			return nil, err
		}
	}
	if s.set, err = counter.Open(pids, o.Events); err != nil {
		return nil, err
	}
	links, err := counter.Links(counter.ThisCPU())
	if err != nil {
		return nil, err
	}
	s.links = counter.OpenLinks(links)
	if o.Sites == nil || len(o.Sites) > 0 {
		s.attach()
	}
	s.began = time.Now()
	s.first, s.firstUp = s.set.Read(), s.links.Read()
	return s, nil
}

// attach attaches the probes, if this machine allows.
func (s *Session) attach() {
	o := s.options
	s.tracer, s.probeErr = probe.Attach(probe.Options{
		Targets: o.Targets, Places: o.Places, Sites: o.Sites, Emit: o.Emit, Values: len(o.PerCall),
	})
	if s.probeErr != nil {
		return
	}
	for i, e := range o.PerCall {
		s.perCall[i] = counter.Available(e)
	}
	s.countThreads(ownThread())
	s.empty = s.tracer.Empty(emptyBatches, emptyPairs)
	if len(o.PerCall) > 0 {
		s.watching.Go(s.follow)
	}
}

// follow gives counters to the threads that start.
func (s *Session) follow() {
	for {
		for _, t := range s.options.Targets {
			tids, err := counter.Threads(t.PID)
			if err == nil { // else it has ended
				s.countThreads(tids)
			}
		}
		select {
		case <-s.stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Session) countThreads(tids []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.options.PerCall) == 0 || slices.ContainsFunc(s.perCall, func(err error) bool { return err != nil }) {
		return
	}
	for _, tid := range tids {
		if s.tracer.Counted(tid) {
			continue
		}
		var fds []int
		for i, e := range s.options.PerCall {
			c, err := counter.OpenThread(e, tid)
			if err != nil {
				if errors.Is(err, counter.ErrUnavailable) {
					s.perCall[i] = err
				}
				return // or it has ended
			}
			s.files = append(s.files, c)
			fds = append(fds, c.FD())
		}
		if err := s.tracer.Count(tid, fds); err != nil {
			s.perCall[0] = err
			return
		}
	}
}

// Hits calls f for every hit until stop is closed; see probe.Tracer.
func (s *Session) Hits(stop <-chan struct{}, f func(*probe.Hit) error) error {
	if s.tracer == nil {
		return fmt.Errorf("the probe sites: %w", s.probeErr)
	}
	return s.tracer.Hits(stop, f)
}

// ProbeError says why no probes are attached, or nil.
func (s *Session) ProbeError() error { return s.probeErr }

// Close takes everything out.
func (s *Session) Close() error {
	s.closing.Do(func() { close(s.stop) })
	s.watching.Wait()
	var err error
	if s.tracer != nil {
		err = s.tracer.Close()
	}
	for _, c := range s.files {
		_ = c.Close()
	}
	if s.set != nil {
		s.set.Close()
	}
	if s.links != nil {
		s.links.Close()
	}
	return err
}

// reasonOf words an error for one line.
func reasonOf(err error) string {
	var u *counter.Unavailable
	if errors.As(err, &u) {
		return u.Reason
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Restart makes the interval begin now.
func (s *Session) Restart() error {
	if s.tracer != nil {
		if err := s.tracer.Reset(); err != nil {
			return err
		}
	}
	s.began = time.Now()
	s.first, s.firstUp = s.set.Read(), s.links.Read()
	return nil
}

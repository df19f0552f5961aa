package tracing

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/tracing/counter"
	"github.com/nrkern/nrkern/tracing/kernelview"
	"github.com/nrkern/nrkern/tracing/privilege"
	"github.com/nrkern/nrkern/tracing/probe"
	"github.com/nrkern/nrkern/tracing/site"
	"github.com/nrkern/nrkern/tracing/stacks"
)

// Options say what to look at.
type Options struct {
	Targets []probe.Target
	Places  []site.Place
	// Sites are the probe sites to attach to; nil for all, empty for none.
	Sites []string
	// Every is one in how many pass the probes of sampled sites; the machine
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
	// Kernel watches Linux's tracepoints, Stacks samples user stacks.
	Kernel bool
	Stacks bool
}

// Session is a machine that is being watched.
type Session struct {
	options  Options
	nodes    map[int]int // process to node
	tracer   *probe.Tracer
	probeErr error
	set      *counter.Set
	links    *counter.LinkSet
	empty    time.Duration
	stats    io.Closer // while it is open, Linux measures what programs take
	statsErr error
	view     *kernelview.View
	viewErr  error
	sampler  *stacks.Sampler
	stackErr error
	base     base

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

// stackHertz is how often a second stacks are taken on a CPU: no whole part of
// anybody's tick.
const stackHertz = 997

// Start begins to watch. What this machine does not allow is left out and said
// in the report, unless it was asked for by name.
func Start(o Options) (_ *Session, err error) {
	s := &Session{options: o, nodes: map[int]int{}, stop: make(chan struct{}), perCall: make([]error, len(o.PerCall))}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := privilege.OpenSelf(); err != nil {
		return nil, err
	}
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
	s.set = counter.Open(pids, o.Events)
	links, err := counter.Links(counter.ThisCPU())
	if err != nil {
		return nil, err
	}
	s.links = counter.OpenLinks(links)
	if s.statsErr = privilege.Check(costNeeds...); s.statsErr == nil {
		s.stats, s.statsErr = ebpf.EnableStats(0) // BPF_STATS_RUN_TIME
	}
	if o.Sites == nil || len(o.Sites) > 0 {
		s.attach()
	}
	if o.Kernel {
		if s.viewErr = privilege.Check(viewNeeds...); s.viewErr == nil {
			s.view, s.viewErr = kernelview.Attach(s.nodes, s.doing())
		}
	}
	if o.Stacks {
		if s.stackErr = privilege.Check(viewNeeds...); s.stackErr == nil {
			s.sampler, s.stackErr = stacks.Start(pids, stackHertz)
		}
	}
	return s, s.Restart()
}

// attach attaches the probes, if this machine allows.
func (s *Session) attach() {
	o := s.options
	if s.probeErr = probe.Supported(); s.probeErr != nil {
		return
	}
	s.tracer, s.probeErr = probe.Attach(probe.Options{
		Targets: o.Targets, Places: o.Places, Sites: o.Sites, Emit: o.Emit, Values: len(o.PerCall), Follow: o.Kernel,
	})
	if s.probeErr != nil {
		return
	}
	for i, e := range o.PerCall {
		s.perCall[i] = counter.Available(e)
	}
	runtime.LockOSThread() // the thread that has counters passes the empty pair
	defer runtime.UnlockOSThread()
	s.countThreads([]int{unix.Gettid()})
	s.empty = s.tracer.Empty(emptyBatches, emptyPairs)
	if len(o.PerCall) > 0 {
		s.watching.Go(s.follow)
	}
}

// doing returns the map of the calls that threads are in, or nil.
func (s *Session) doing() *ebpf.Map {
	if s.tracer == nil {
		return nil
	}
	return s.tracer.Doing()
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

// StackError says why no stacks are taken, or nil.
func (s *Session) StackError() error { return s.stackErr }

// Close takes everything out.
func (s *Session) Close() error {
	s.closing.Do(func() { close(s.stop) })
	s.watching.Wait()
	var err error
	if s.tracer != nil {
		err = s.tracer.Close()
	}
	if s.view != nil {
		s.view.Close()
	}
	if s.sampler != nil {
		s.sampler.Close()
	}
	if s.stats != nil {
		err = errors.Join(err, s.stats.Close())
		s.stats = nil
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

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/workload"
)

// Errors of a session and its rows. A row that fails with ErrNotMeasured was
// not possible here, and says why.
var (
	ErrNotMeasured = errors.New("not measured")
	errWrongAnswer = errors.New("wrong answer")
)

// Config is how a session measures. The zero value of each part but the
// context means its default.
type Config struct {
	// Span is how long a sample measures: 5 ms after 5 ms, which the scheduler
	// usually grants at a stretch even where other programs wait.
	Span Span
	// Pause is how long everything else may run between two samples: 6 ms.
	Pause time.Duration
	// Rounds is the number of clean samples that a row wants of each variant:
	// 21. It gives up after twice as many.
	Rounds int
	// Keys is the number of keys of the data structures: 50,000.
	Keys uint64
	// Stall is how long a peer pauses in the rows about that: 500 ms.
	Stall time.Duration
	// StateBytes is the size of the replica in the row about the collector:
	// 100 MB.
	StateBytes uint64
	// Machines is how long each machine of kernel processes runs its load: 700 ms.
	Machines time.Duration
	// Bare is the path of this command built with -tags nrkern_nohook.
	Bare string
	// Siteless is the path of this command built with -tags nrkern_nosite.
	Siteless string
	// Self is the path of this command itself, which some rows start again.
	Self string
	// Progress is told what is being measured; nil for nobody.
	Progress io.Writer
}

func (c Config) withDefaults() Config {
	if c.Span.Duration == 0 {
		c.Span = Span{Warmup: 5 * time.Millisecond, Duration: 5 * time.Millisecond}
	}
	if c.Pause == 0 {
		c.Pause = 6 * time.Millisecond
	}
	if c.Rounds == 0 {
		c.Rounds = 21
	}
	if c.Keys == 0 {
		c.Keys = 50_000
	}
	if c.Stall == 0 {
		c.Stall = 500 * time.Millisecond
	}
	if c.StateBytes == 0 {
		c.StateBytes = 100 << 20
	}
	if c.Machines == 0 {
		c.Machines = 700 * time.Millisecond
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	return c
}

// Session is a machine made ready for measuring.
type Session struct {
	Config
	ctx    context.Context
	cpus   [2]int
	c      *child // the C reference; nil if there is none
	noC    error  // why
	series []Series
}

// Open readies this process and builds and starts the reference. It wraps
// ErrNotMeasured where there are no two CPUs to pin to. The session ends early
// when ctx does.
func Open(ctx context.Context, c Config) (*Session, error) {
	cpus, err := numa.Affinity()
	if err != nil {
		return nil, err
	}
	if len(cpus) < 2 {
		return nil, fmt.Errorf("%w: two threads that spin need two CPUs, there is %d: allow more (taskset, cpuset)", ErrNotMeasured, len(cpus))
	}
	s := &Session{Config: c.withDefaults(), ctx: ctx, cpus: [2]int{cpus[0], cpus[len(cpus)-1]}}
	workload.ProcessClock() // calibrated before anything spins
	program, err := buildReference(ctx)
	if err == nil {
		s.c, err = startChild(program)
	}
	s.noC = err
	return s, nil
}

// Close ends the reference.
func (s *Session) Close() error {
	if s.c == nil {
		return nil
	}
	return s.c.close()
}

// Series returns every sample that was kept, in the order of the rows.
func (s *Session) Series() []Series { return s.series }

// Run measures rows and returns their lines. A row that fails is a line that
// says why; the error is that of the context.
func (s *Session) Run(rows []Row) ([]Line, error) {
	defer measure.Quiet(len(s.cpus))()
	var lines []Line
	for _, r := range rows {
		if err := s.ctx.Err(); err != nil {
			return lines, err
		}
		fmt.Fprintf(s.Progress, "%s\n", r.Name)
		runtime.GC()
		got, err := r.measure(s)
		got = orFailed(got, err)
		for i := range got {
			got[i].Row = r.Name
		}
		lines = append(lines, got...)
	}
	return lines, s.ctx.Err()
}

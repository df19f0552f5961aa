package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/experiments/shape"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/numa"
)

// trial is an experiment whose samples cost nothing.
type trial struct {
	took           []string // variants, in the order of their samples
	opened, closed int
	before         func(n int) error // called before sample n
}

func (f *trial) definition(blocks int, variants ...string) *Definition {
	cell := func(name string) Cell {
		return Cell{Variant: name, Factors: []string{"1"}, Take: func(context.Context, measure.Span) ([]Reading, error) {
			if f.before != nil {
				if err := f.before(len(f.took)); err != nil {
					return nil, err
				}
			}
			f.took = append(f.took, name)
			return One(map[string]float64{"rate": float64(len(name))}), nil
		}}
	}
	return &Definition{
		Name: "trial", Title: "A trial", Claim: "c", Source: "s",
		Factors: []results.Column{{Name: "x"}}, Metrics: []results.Column{{Name: "rate"}, {Name: "never"}},
		Shapes: []shape.Shape{{Text: "longer names are ahead", Source: "this test", Metric: "rate", Judge: shape.Ahead{A: []string{"aa"}, B: []string{"b"}}}},
		Blocks: func(*Lab) (all []Block, _ error) {
			for i := range blocks {
				all = append(all, Block{Name: fmt.Sprint(i), Open: func(context.Context) ([]Point, func() error, error) {
					f.opened++
					var p Point
					for _, v := range variants {
						p = append(p, cell(v))
					}
					return []Point{p}, func() error { f.closed++; return nil }, nil
				}})
			}
			return all, nil
		},
	}
}

func lab(t *testing.T, b Budget) *Lab {
	t.Helper()
	l, err := NewLab(Quick, "test")
	if err != nil {
		t.Fatal(err)
	}
	l.Budget = b
	return l
}

// TestRunInTurns: each repetition begins with the next variant, all samples are
// in the folder, and the shape is judged.
func TestRunInTurns(t *testing.T) {
	f, out := new(trial), filepath.Join(t.TempDir(), "out")
	folder, err := Run(t.Context(), f.definition(1, "aa", "b", "c"), lab(t, Budget{Repetitions: 5}), Options{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Split("aa b c b c aa c aa b aa b c b c aa", " "); !slices.Equal(f.took, want) {
		t.Errorf("took %v, want %v", f.took, want)
	}
	read, err := results.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	m := read.Manifest
	if m.Status != results.Complete || m.SamplesTaken != 15 || m.SamplesPlanned != 15 || m.RepetitionsDone != 5 || len(read.Table.Rows) != 15 {
		t.Errorf("%+v with %d rows", m, len(read.Table.Rows))
	}
	if v := folder.Summary.Verdicts[0]; v.Outcome != results.Held {
		t.Errorf("%+v", v)
	}
	if _, measured := read.Summary.Cells[0].Metrics["never"]; measured {
		t.Error("a metric that no sample has is in the summary")
	}
}

// TestRunInterrupted keeps what it has, says so, and closes what it opened.
func TestRunInterrupted(t *testing.T) {
	cause := errors.New("a signal came")
	ctx, cancel := context.WithCancelCause(t.Context())
	f, out := new(trial), filepath.Join(t.TempDir(), "out")
	f.before = func(n int) error {
		if n == 4 {
			cancel(cause)
		}
		return nil
	}
	folder, err := Run(ctx, f.definition(2, "aa", "b"), lab(t, Budget{Repetitions: 3}), Options{Out: out})
	if !errors.Is(err, cause) || folder == nil {
		t.Fatalf("%v, %v", folder, err)
	}
	read, err := results.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if m := read.Manifest; m.Status != results.Interrupted || m.Error != cause.Error() || m.SamplesTaken != 4 || len(read.Table.Rows) != 4 {
		t.Errorf("%+v", m)
	}
	if f.opened != 1 || f.closed != 1 {
		t.Errorf("%d opened, %d closed", f.opened, f.closed)
	}
}

// TestRunBroken: an error in the middle keeps what there is; one at the start
// leaves no folder.
func TestRunBroken(t *testing.T) {
	for _, at := range []int{0, 3} {
		f, root := new(trial), t.TempDir()
		f.before = func(n int) error {
			if n == at {
				return fmt.Errorf("%w: 7 instead of 42", ErrWrongAnswer)
			}
			return nil
		}
		folder, err := Run(t.Context(), f.definition(1, "aa", "b"), lab(t, Budget{Repetitions: 3}), Options{Out: filepath.Join(root, "out")})
		if !errors.Is(err, ErrWrongAnswer) || !strings.Contains(err.Error(), "aa at [1]") && !strings.Contains(err.Error(), "b at [1]") {
			t.Errorf("at %d: %v", at, err)
		}
		if at > 0 && (folder == nil || folder.Manifest.Status != results.Broken || folder.Manifest.SamplesTaken != at) {
			t.Errorf("at %d: %+v", at, folder)
		}
		if entries, _ := os.ReadDir(root); at == 0 && len(entries) != 0 {
			t.Errorf("left behind: %v", entries)
		}
		if f.opened != f.closed {
			t.Errorf("%d opened, %d closed", f.opened, f.closed)
		}
	}
}

// TestRunFolderTaken: nothing is measured for a folder that cannot be written.
func TestRunFolderTaken(t *testing.T) {
	f, out := new(trial), t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "theirs"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), f.definition(1, "aa"), lab(t, Budget{Repetitions: 1}), Options{Out: out}); !errors.Is(err, results.ErrExists) || f.opened > 0 {
		t.Errorf("%v, %d opened", err, f.opened)
	}
}

// TestRunKeepsSamples when no figures can be made of them.
func TestRunKeepsSamples(t *testing.T) {
	f, out, noInk := new(trial), filepath.Join(t.TempDir(), "out"), errors.New("no ink")
	_, err := Run(t.Context(), f.definition(1, "aa", "b"), lab(t, Budget{Repetitions: 2}), Options{
		Out: out, Finish: func(string, *results.Folder) error { return noInk },
	})
	if !errors.Is(err, noInk) {
		t.Errorf("got %v, want %v", err, noInk)
	}
	if read, err := results.Open(out); err != nil || len(read.Table.Rows) != 4 {
		t.Errorf("%v", err)
	}
}

// TestRunOutOfTime: each block ends after the repetition in which its share of
// the time is up, so that the last block gets its turn; the manifest says so.
func TestRunOutOfTime(t *testing.T) {
	f := new(trial)
	folder, err := Run(t.Context(), f.definition(3, "aa", "b"), lab(t, Budget{Repetitions: 3, Limit: time.Nanosecond}), Options{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	if m := folder.Manifest; len(f.took) != 6 || f.closed != 3 || m.RepetitionsDone != 1 || !strings.Contains(strings.Join(m.Warnings, ""), "after 1 of 3 repetitions") {
		t.Errorf("took %v; %+v", f.took, m)
	}
}

// TestRunLateBlock: what is done is what every block has, not only the first.
func TestRunLateBlock(t *testing.T) {
	f := new(trial)
	d, l := f.definition(2, "aa", "b"), lab(t, Budget{Repetitions: 3})
	blocks := d.Blocks
	d.Blocks = func(l *Lab) ([]Block, error) {
		all, err := blocks(l)
		open := all[1].Open
		all[1].Open = func(ctx context.Context) ([]Point, func() error, error) {
			l.Budget.Limit = time.Nanosecond // it is slow: its time is up at once
			return open(ctx)
		}
		return all, err
	}
	folder, err := Run(t.Context(), d, l, Options{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	if m := folder.Manifest; len(f.took) != 8 || m.RepetitionsDone != 1 || m.RepetitionsPlanned != 3 || !strings.Contains(strings.Join(m.Warnings, ""), "after 1 of 3 repetitions") {
		t.Errorf("took %v; %+v", f.took, m)
	}
}

// TestRunCountsSamples: a sample counts once, whatever it reads, and not at all
// if it reads nothing.
func TestRunCountsSamples(t *testing.T) {
	d := new(trial).definition(1)
	cell := func(name string, readings int) Cell {
		return Cell{Variant: name, Factors: []string{"1"}, Take: func(context.Context, measure.Span) (all []Reading, _ error) {
			for i := range readings {
				all = append(all, Reading{Factors: map[string]string{"x": fmt.Sprint(i)}, Values: map[string]float64{"rate": 1}})
			}
			return all, nil
		}}
	}
	d.Blocks = func(*Lab) ([]Block, error) {
		return []Block{Static("1", []Point{{cell("three", 3), cell("none", 0)}})}, nil
	}
	w := new(watcher)
	folder, err := Run(t.Context(), d, lab(t, Budget{Repetitions: 5}), Options{Out: filepath.Join(t.TempDir(), "out"), Progress: w})
	if err != nil {
		t.Fatal(err)
	}
	m := folder.Manifest
	if m.SamplesPlanned != 10 || m.SamplesTaken != 5 || m.Noise.Placements[string(measure.OneCPU)] != 5 || len(m.Noise.Placements) != 1 || len(folder.Table.Rows) != 15 {
		t.Errorf("%+v with %d rows", m, len(folder.Table.Rows))
	}
	if last := w.left[len(w.left)-1]; last != 0 {
		t.Errorf("at the end %v are left", last)
	}
}

// TestRunOnce: a cell that is counted takes part in the first repetition alone.
func TestRunOnce(t *testing.T) {
	f := new(trial)
	d := f.definition(1, "aa", "b")
	blocks := d.Blocks
	d.Blocks = func(l *Lab) ([]Block, error) {
		all, err := blocks(l)
		open := all[0].Open
		all[0].Open = func(ctx context.Context) ([]Point, func() error, error) {
			points, end, err := open(ctx)
			points[0][1].Once = true
			return points, end, err
		}
		return all, err
	}
	folder, err := Run(t.Context(), d, lab(t, Budget{Repetitions: 3, Extra: 5}), Options{Out: filepath.Join(t.TempDir(), "out")})
	if err != nil {
		t.Fatal(err)
	}
	// Five samples of one placement are what can be judged: two extra ones.
	if got := strings.Join(f.took, " "); got != "aa b aa aa aa aa" || folder.Manifest.SamplesPlanned != 4 {
		t.Errorf("took %s, planned %d", got, folder.Manifest.SamplesPlanned)
	}
}

// TestOthers: what this program uses is not what others do, and what Linux does not
// say is not 0.
func TestOthers(t *testing.T) {
	all := numa.CPUTime{Busy: 300, Idle: 100}
	for own, want := range map[time.Duration]float64{0: 75, time.Second: 50, 3 * time.Second: 0, 4 * time.Second: 0} {
		if got := others(all, own); got == nil || *got != want {
			t.Errorf("of 300 busy ticks %v are ours: %v, want %v %%", own, got, want)
		}
	}
	if others(all, -1) != nil || others(numa.CPUTime{}, 0) != nil {
		t.Error("a share was found of what is not known")
	}
	before := ownTime()
	for now := before; now == before; now = ownTime() {
	}
}

// watcher records what progress is told.
type watcher struct {
	began []string
	last  [2]int
	left  []time.Duration
	ended int
}

func (w *watcher) Begin(name string, _ int) { w.began = append(w.began, name) }
func (w *watcher) End()                     { w.ended++ }
func (w *watcher) Sample(done, of int, left time.Duration) {
	w.last = [2]int{done, of}
	w.left = append(w.left, left)
}

// TestProgress: it hears of every block and sample; nothing is left at the end.
func TestProgress(t *testing.T) {
	f, w := new(trial), new(watcher)
	f.before = func(int) error { time.Sleep(time.Millisecond); return nil }
	_, err := Run(t.Context(), f.definition(2, "aa", "b"), lab(t, Budget{Repetitions: 5}), Options{Out: filepath.Join(t.TempDir(), "out"), Progress: w})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.began, []string{"trial/0", "trial/1"}) || w.last != [2]int{20, 20} || w.ended != 1 {
		t.Errorf("%+v", w)
	}
	if first, last := w.left[0], w.left[len(w.left)-1]; last != 0 || first < 5*time.Millisecond {
		t.Errorf("the time left goes from %v to %v", first, last)
	}
}

// TestTimeLeft: the pace of the block that runs counts, not what booting took,
// nor the pace of an earlier block; a deadline cuts it short.
func TestTimeLeft(t *testing.T) {
	opened := time.Unix(1000, 0)
	s := &sampling{run: &run{taken: 500}, opened: opened, here: 100, sampled: 20, after: 2}
	if got, want := s.left(opened.Add(10*time.Second)), 140*time.Second; got != want {
		t.Errorf("left: %v, want 80 samples of half a second and two blocks of 50 s: %v", got, want)
	}
	s.deadline = opened.Add(30 * time.Second)
	if got, want := s.left(opened.Add(10*time.Second)), 80*time.Second; got != want {
		t.Errorf("with a deadline in 20 s: %v, want that and two blocks of 30 s: %v", got, want)
	}
	s.sampled = 130 // extra ones
	if got, want := s.left(opened.Add(31*time.Second)), 2*23800*time.Millisecond; got.Round(time.Second) != want.Round(time.Second) {
		t.Errorf("behind the plan: %v, want about %v", got, want)
	}
}

package bench

import (
	"debug/buildinfo"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/workload"
)

// bareTag is the build tag without which the branch on the simulation hook and
// the counters are built in.
const bareTag = "nrkern_nohook"

// siteTag is the build tag without which the guards of the probe sites are
// built in.
const siteTag = "nrkern_nosite"

// hooks sets this build beside one without the branch on the simulation hook
// and without counters.
func hooks(s *Session) ([]Line, error) { return s.besideBuild("hook", s.Bare, bareTag) }

// sites sets this build, whose probe sites have nothing attached, beside one
// without them.
func sites(s *Session) ([]Line, error) { return s.besideBuild("site", s.Siteless, siteTag) }

// buildLoads is what a build is compared by: on both CPUs, for which the target
// is set, and on one, where no cache line on its way hides an instruction.
var buildLoads = []struct {
	name   string
	oneCPU bool
}{{nrBoth, false}, {channelBoth, false}, {nrWrites, true}, {nrReads, true}, {channelTrips, true}}

// besideBuild sets this build beside one with a build tag, each in a process of
// its own. The processes are started anew many times, each time in the next of the
// build's layouts: where a program's functions and its memory happen to lie makes
// differences of several percent, more than what is looked for. (Mytkowicz et al.,
// "Producing wrong data without doing anything obviously wrong", ASPLOS'09; Curtsinger
// and Berger, "Stabilizer", ASPLOS'13.)
func (s *Session) besideBuild(row, other, tag string) ([]Line, error) {
	if err := s.checkBuild(other, tag); err != nil {
		return nil, err
	}
	const limit, restartEvery = 1.01, 2
	var lines []Line
	for _, load := range buildLoads {
		builds := &builds{programs: [2][]string{layouts(s.Self), layouts(other)}, every: restartEvery}
		sample := func(which int) func(Span) (reading, error) {
			return func(span Span) (reading, error) {
				return builds.sample(which, load.name, s.cpus, span, s.Keys)
			}
		}
		h := how{row: row + "/" + load.name, unit: NSPerOp, single: load.oneCPU, rounds: 2 * s.Rounds}
		found, err := s.interleave(h, []variant{
			{"with", sample(0), reading.perOperation},
			{"without", sample(1), reading.perOperation},
		})
		builds.close()
		target := atMost(limit)
		if load.oneCPU {
			target = nil
		}
		lines = append(lines, in(load.name, orFailed(compareAll(found, "with", "without", target), err)...)...)
	}
	return lines, nil
}

// checkBuild makes sure that the other build is what it should be.
func (s *Session) checkBuild(other, tag string) error {
	if s.Self == "" || other == "" {
		return fmt.Errorf("%w: no other build to compare with: go build -tags %s, and name it", ErrNotMeasured, tag)
	}
	for _, path := range layouts(s.Self) {
		if err := checkTag(path, tag, false); err != nil {
			return err
		}
	}
	for _, path := range layouts(other) {
		if err := checkTag(path, tag, true); err != nil {
			return err
		}
	}
	return nil
}

// checkTag makes sure that a program was built with a tag, or without.
func checkTag(path, tag string, tagged bool) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: the build to compare with: %w", ErrNotMeasured, err)
	}
	tags := ""
	for _, setting := range info.Settings {
		if setting.Key == "-tags" {
			tags = setting.Value
		}
	}
	if strings.Contains(tags, tag) != tagged {
		return fmt.Errorf("%w: %s was built with -tags %q: the other build, and no other, has %s", ErrNotMeasured, path, tags, tag)
	}
	return nil
}

// layouts returns the paths of a program and of the same code linked in other orders
// (go build -ldflags=-randlayout=N), which lie beside it as PROGRAM.1 and so on.
func layouts(program string) []string {
	others, _ := filepath.Glob(program + ".[0-9]*") // the pattern is not malformed
	return append([]string{program}, others...)
}

// builds is a child of each of two builds, started anew every so many rounds, in the
// build's layouts in turn.
type builds struct {
	programs [2][]string
	children [2]*child
	every    int
	rounds   int
}

func (b *builds) sample(which int, name string, cpus [2]int, span Span, keys uint64) (reading, error) {
	if which == 0 {
		if b.rounds%b.every == 0 {
			b.close()
		}
		b.rounds++
	}
	if b.children[which] == nil {
		layout := (b.rounds - 1) / b.every % len(b.programs[which])
		c, err := startChild(b.programs[which][layout], serveMode)
		if err != nil {
			return reading{}, err
		}
		b.children[which] = c
	}
	return b.children[which].sample(name, cpus, span, keys)
}

func (b *builds) close() {
	for i, c := range b.children {
		if c != nil {
			_ = c.close()
			b.children[i] = nil
		}
	}
}

// The loads that a child can run: NR with two replicas and a channel on both
// CPUs, and on one.
const (
	nrBoth       = "nr-two-cpus"
	channelBoth  = "channel-two-cpus"
	nrWrites     = "nr-write"
	nrReads      = "nr-read"
	channelTrips = "channel"
)

// buildLoad makes one of these loads.
func buildLoad(name string, cpus [2]int, keys uint64) (func(Span) (reading, error), error) {
	s := &Session{Config: Config{Keys: keys}.withDefaults(), cpus: cpus}
	table := func() kernel.Service { return newFixedTable(s.Keys) }
	var j job
	at := s.one()
	switch name {
	case nrBoth, nrWrites, nrReads:
		h := shape{replicas: 1, threads: 1, window: 1}
		switch name {
		case nrBoth:
			h.replicas, h.writes, at = 2, 10, s.both()
		case nrWrites:
			h.writes = 100
		}
		d, _, err := s.newNR(table, h)
		if err != nil {
			return nil, err
		}
		j.work = d.work
	case channelBoth:
		ends, err := newEnds(256)
		if err != nil {
			return nil, err
		}
		j, at = trips(ends), s.both()
	case channelTrips:
		ends, err := newEnds(256)
		if err != nil {
			return nil, err
		}
		clock := workload.ProcessClock()
		j.work = func(_ int, until uint64) (n uint64, _ error) {
			for ; n%checkEvery != 0 || clock.Ticks() < until; n++ {
				sendOne(ends[0], n)
				_, sum := receiveOne(ends[1])
				sendOne(ends[1], sum)
				receiveOne(ends[0])
			}
			return n, nil
		}
	default:
		return nil, fmt.Errorf("no load %q", name)
	}
	return func(span Span) (reading, error) { return crew(at, span, j) }, nil
}

package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/nrkernel"
)

// Ordeal is kills and stops of the kernels of an nr machine under load, and the
// judgement of what callers outside saw meanwhile. The machine was started with
// Config.Strikes.
type Ordeal struct {
	Kills, Stops int
	// Callers is the number of callers outside, each with one call outstanding.
	Callers int
	// Keys is the number of keys that they share in one round, which is one strike.
	Keys int
	// Load is the load inside the kernels meanwhile.
	Load BenchRequest
	Seed uint64
	// Judging are the choices of the judge.
	Judging check.Options
	// Told is told how it goes; nil for nobody.
	Told func(done, of int)
}

// DefaultOrdeal is four callers on three keys, and a load of writes.
func DefaultOrdeal() Ordeal {
	o := Ordeal{Callers: 4, Keys: 3, Load: DefaultBenchRequest(), Seed: 1}
	o.Load.WriteRatio, o.Load.Keys, o.Load.Window, o.Load.Duration, o.Load.Warmup = 80, 1000, 4, time.Minute, 0
	o.Load.ThreadsPerNode = 2
	return o
}

// OrdealReport is what came of an ordeal. Its JSON keys are stable.
type OrdealReport struct {
	Judgement check.Judgement `json:"judgement"`
	Kills     int             `json:"kills"`
	Stops     int             `json:"stops"`
	// Struck counts the strikes by what the kernel was at.
	Struck map[string]int `json:"struck_by_phase"`
	// Rejoined, PassedOver and Stalled count what the machine made of them.
	Rejoined   int `json:"rejoined"`
	PassedOver int `json:"passed_over"`
	Stalled    int `json:"stalled"`
	// Of the callers: calls, and those of them whose outcome is not known.
	Operations int `json:"operations"`
	Open       int `json:"open_operations"`
	// Overlapping calls were in progress at the time of another caller's on their key.
	Overlapping int `json:"overlapping_operations_of_other_clients"`
	// From a death to when the others go on, and to when another kernel is up: the
	// longest.
	GoOn    time.Duration `json:"others_go_on_max_ns"`
	Rebuilt time.Duration `json:"rebuilt_max_ns"`
	Elapsed time.Duration `json:"elapsed_ns"`
	Excerpt string        `json:"excerpt,omitempty"`
}

// settleLimit is how long a machine may take until all kernels are well again.
const settleLimit = 2 * time.Minute

// Run strikes, one strike a round, and judges each round. It ends with the first
// history that nothing explains. When it returns the kernels are well; whether
// their states are equal is for the caller to see.
func (o Ordeal) Run(ctx context.Context, m API) (*OrdealReport, error) {
	r := &OrdealReport{Judgement: check.OK, Struck: map[string]int{nrkernel.PhaseElsewhere.String(): 0}}
	for _, p := range nrkernel.Phases() {
		r.Struck[p.String()] = 0
	}
	began := time.Now()
	defer func() { r.Elapsed = time.Since(began) }()
	ctx, end := context.WithCancel(ctx)
	defer end()
	var listening sync.WaitGroup
	listening.Go(func() { _ = m.Events(ctx, r.heard(began)) })
	defer listening.Wait()
	defer end()

	random := rand.New(rand.NewPCG(o.Seed, 7))
	todo := append(repeated(StrikeKill, o.Kills), repeated(StrikeStop, o.Stops)...)
	random.Shuffle(len(todo), func(i, k int) { todo[i], todo[k] = todo[k], todo[i] })
	for i, kind := range todo {
		entries, err := o.round(ctx, m, r, i, kind, random)
		if err != nil {
			return r, fmt.Errorf("strike %d of %d: %w", i+1, len(todo), err)
		}
		v, err := check.Linearizable(entries, o.Judging)
		if err != nil {
			return r, err
		}
		r.Operations += v.Operations
		r.Open += v.Open
		r.Overlapping += v.OverlappingClients
		if v.Judgement != check.OK {
			r.Judgement, r.Excerpt = v.Judgement, v.Excerpt
			break
		}
		if o.Told != nil {
			o.Told(i+1, len(todo))
		}
	}
	return r, allWell(ctx, m)
}

// outsiders returns the callers of a round.
func (o Ordeal) outsiders(m API, nodes []int, round int) []*outsider {
	all := make([]*outsider, o.Callers)
	for i := range all {
		all[i] = &outsider{
			m: m, id: i, nodes: nodes, keys: uint64(o.Keys), base: ordealBase, numbers: &caller{id: rand.Uint64() | 1},
			random: rand.New(rand.NewPCG(o.Seed, uint64(round)<<8|uint64(i))),
		}
	}
	return all
}

func repeated(kind StrikeKind, n int) []StrikeKind {
	all := make([]StrikeKind, n)
	for i := range all {
		all[i] = kind
	}
	return all
}

// heard counts the events of the time since the ordeal began.
func (r *OrdealReport) heard(began time.Time) func(Event) error {
	return func(e Event) error {
		if e.Time.Before(began) {
			return nil
		}
		switch e.Kind {
		case EventRejoined:
			r.Rejoined++
			r.Rebuilt = max(r.Rebuilt, e.Elapsed)
		case EventFenced:
			r.GoOn = max(r.GoOn, e.Elapsed)
		case EventPassedOver:
			r.PassedOver++
		case EventStalled:
			r.Stalled++
		}
		return nil
	}
}

// round is one strike, with load and callers around it, and returns what they saw.
func (o Ordeal) round(ctx context.Context, m API, r *OrdealReport, number int, kind StrikeKind, random *rand.Rand) ([]check.Entry, error) {
	s, err := m.Status(ctx, StatusRequest{})
	if err != nil {
		return nil, err
	}
	var members []int
	for _, k := range s.Kernels {
		if k.State != StateRemoved {
			members = append(members, k.Node)
		}
	}
	ask := StrikeRequest{Node: members[random.IntN(len(members))], Kind: kind, Aim: rarest(r.Struck, random)}
	if kind == StrikeStop {
		ask.For = 50 * time.Millisecond
		if random.IntN(2) == 0 { // long enough to be passed over, or killed
			ask.For = s.Config.StallBudget + 300*time.Millisecond
		}
	} else if ask.Aim == nrkernel.PhaseJoin.String() {
		ask.Kind, ask.Aim = StrikeJoin, ""
	}
	over, end := context.WithCancel(ctx)
	defer end()
	var load, calls sync.WaitGroup
	load.Go(func() {
		for over.Err() == nil {
			_, _ = m.Bench(over, o.Load) // a kernel that dies ends it; then the next begins
		}
	})
	defer load.Wait()
	defer end()
	if err := until(ctx, func() bool {
		s, err := m.Status(ctx, StatusRequest{})
		return err == nil && s.Job != "" && s.Kernels[ask.Node].Threads > 0
	}); err != nil {
		return nil, err
	}
	callers := o.outsiders(m, members, number)
	if err := callers[0].clear(ctx); err != nil {
		return nil, err
	}
	quiet, stop := context.WithCancel(ctx)
	defer stop()
	for _, c := range callers {
		calls.Go(func() { c.call(quiet, ctx) })
	}
	_ = await(ctx, time.After(time.Duration(random.IntN(int(30*time.Millisecond)))))
	hit, err := m.Strike(ctx, ask)
	if err == nil {
		r.Struck[hit.Phase]++
		if kind == StrikeKill {
			r.Kills++
		} else {
			r.Stops++
		}
		err = allWell(ctx, m)
	}
	stop()
	calls.Wait()
	var all []check.Entry
	for _, c := range callers {
		all = append(all, c.entries...)
		err = errors.Join(err, c.failed)
	}
	return all, err
}

// rarest returns the phase that was hit least so far, or nothing, to take the
// kernel as it comes.
func rarest(struck map[string]int, random *rand.Rand) (name string) {
	if random.IntN(3) == 0 {
		return ""
	}
	least := -1
	for _, p := range nrkernel.Phases() {
		if n := struck[p.String()]; least < 0 || n < least {
			least, name = n, p.String()
		}
	}
	return name
}

// allWell waits until every kernel runs and none is away.
func allWell(ctx context.Context, m API) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settleLimit, fmt.Errorf("not all kernels are well again within %v", settleLimit))
	defer cancel()
	return until(ctx, func() bool {
		s, err := m.Status(ctx, StatusRequest{})
		if err != nil {
			return false
		}
		for _, k := range s.Kernels {
			if k.State != StateRunning && k.State != StateRemoved {
				return false
			}
		}
		return true
	})
}

func until(ctx context.Context, so func() bool) error {
	for !so() {
		if err := await(ctx, time.After(5*time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

// ordealBase is where the keys of ordeals begin.
const ordealBase = 1 << 44

// outsider is a caller outside the kernels, and its part of a history. It numbers
// its calls, and makes one that was cut off again, mostly: some it gives up.
type outsider struct {
	m       API
	id      int
	nodes   []int
	base    uint64
	keys    uint64
	random  *rand.Rand
	numbers *caller
	givenUp int
	unique  uint64
	entries []check.Entry
	failed  error
}

// cutOff reports whether a call may have come to nothing because a kernel or the
// supervisor died, or its node was removed.
func cutOff(err error) bool {
	return errors.Is(err, ErrKernelDied) || errors.Is(err, ErrNotRunning) || errors.Is(err, ErrStopped) || errors.Is(err, ErrRemoved)
}

// One in givenUp of the calls that are cut off is not made again, up to so many of a
// caller in a round: each doubles what the judge has to try.
const (
	givenUp     = 4
	mostGivenUp = 2
)

// ask makes a call, again and again until it is answered, or given up.
func (o *outsider) ask(ctx context.Context, words []string) (a *SysAnswer, err error) {
	o.numbers.number++
	give := o.givenUp < mostGivenUp && o.random.IntN(givenUp) == 0
	for {
		a, err = o.m.Sys(ctx, SysRequest{
			Node: o.nodes[o.random.IntN(len(o.nodes))], Service: "kv", Words: words,
			Caller: o.numbers.id, Number: o.numbers.number,
		})
		if err == nil || !cutOff(err) {
			return a, err
		}
		if give {
			o.givenUp++
			return nil, err
		}
		if err := await(ctx, time.After(2*time.Millisecond)); err != nil {
			return nil, err
		}
	}
}

// clear deletes the keys of a round, so that it begins as the first did and leaves
// the state no larger.
func (o *outsider) clear(ctx context.Context) error {
	for key := range o.keys {
		for {
			_, err := o.ask(ctx, []string{"del", strconv.FormatUint(o.base+key, 10)})
			if err == nil {
				break
			}
			if !cutOff(err) {
				return err
			}
		}
	}
	return nil
}

// callsARound bounds what one caller asks in a round: the judge's work grows.
const callsARound = 400

// call makes calls at random nodes until quiet is done.
func (o *outsider) call(quiet, ctx context.Context) {
	seen := map[uint64]uint64{}
	for len(o.entries) < callsARound && quiet.Err() == nil {
		o.unique++
		key, word := o.base+o.random.Uint64N(o.keys), uint64(o.id+1)<<44|o.unique<<16
		e := check.Entry{Client: o.id, Key: key}
		words := []string{"", strconv.FormatUint(key, 10)}
		switch n := o.random.IntN(100); {
		case n < 35:
			e.Code, words[0] = kv.CodeGetAny, "get"
		case n < 55:
			e.Code, e.Words[0], words[0] = kv.CodePut, word, "put"
		case n < 80:
			e.Code, e.Words[0], words[0] = kv.CodeAdd, 1+o.random.Uint64N(200), "add"
		case n < 95:
			e.Code, e.Words, words[0] = kv.CodeCompareAndSwap, [2]uint64{seen[key], word}, "cas"
		default:
			e.Code, words[0] = kv.CodeDelete, "del"
		}
		for i := range map[string]int{"put": 1, "add": 1, "cas": 2}[words[0]] {
			words = append(words, strconv.FormatUint(e.Words[i], 10))
		}
		e.Call = monotonic()
		a, err := o.ask(ctx, words)
		e.Return = monotonic()
		switch {
		case err == nil:
			e.Answered, e.Status, e.Value, e.Answer = true, a.Status, a.Value, a.Data
			switch {
			case e.Code == kv.CodeGetAny && len(a.Data) == 8:
				seen[key] = binary.LittleEndian.Uint64(a.Data)
			case e.Code == kv.CodeAdd, a.Status == kernel.StatusMismatch:
				seen[key] = a.Value
			case a.Status == kernel.StatusOK:
				seen[key] = word
			}
		case !cutOff(err):
			o.failed = fmt.Errorf("caller %d: %s: %w", o.id, &e, err)
		}
		if o.entries = append(o.entries, e); o.failed != nil {
			return
		}
	}
}

// monotonic is the clock of histories.
func monotonic() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return now.Nano()
}

package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/check"
)

// ails are what a round of a soak does to a machine, and how often of 16.
var ails = []struct {
	name   string
	weight int
	do     func(s Soak, ctx context.Context, m *soakMachine, random *rand.Rand) error
}{
	{"kill", 6, Soak.kill},
	{"stop", 4, Soak.halt},
	{"leave", 4, Soak.leave},
	{"supervisor", 2, Soak.behead},
}

// round is a round on one machine: load inside and callers outside, one or two ails,
// and the judgement when it is well again.
func (s Soak) round(ctx context.Context, m *soakMachine) error {
	m.rounds++
	m.report.Rounds++
	random := rand.New(rand.NewPCG(s.Seed, uint64(m.rounds)<<16|m.random.Uint64()>>48))
	events, end := context.WithCancel(ctx)
	var listening sync.WaitGroup
	listening.Go(func() { s.listen(events, m) })
	entries, err := s.underLoad(ctx, m, random)
	end()
	listening.Wait()
	if err != nil {
		return err
	}
	if err := m.judge("callers outside", entries, s.Judging); err != nil || m.report.Judgement != check.OK {
		return err
	}
	return s.atRest(ctx, m)
}

// listen counts what the machine says, over all its supervisors.
func (s Soak) listen(ctx context.Context, m *soakMachine) {
	for last := time.Now(); ctx.Err() == nil; {
		hear := m.struck.heard(last)
		_ = m.api.Events(ctx, func(e Event) error {
			last = e.Time.Add(1)
			return hear(e)
		})
		_ = await(ctx, time.After(2*time.Millisecond))
	}
	m.report.count(&m.struck)
}

func (s Soak) underLoad(ctx context.Context, m *soakMachine, random *rand.Rand) ([]check.Entry, error) {
	o := m.ordeal
	over, stop := context.WithCancel(ctx)
	defer stop()
	var nodes []int
	status, err := m.api.Status(ctx, StatusRequest{})
	if err != nil {
		return nil, err
	}
	for _, k := range status.Kernels {
		nodes = append(nodes, k.Node)
	}
	callers := o.outsiders(m.api, nodes, m.rounds)
	if err := callers[0].clear(ctx); err != nil {
		return nil, fmt.Errorf("clear the keys: %w", err)
	}
	var working sync.WaitGroup
	draws := rand.New(rand.NewPCG(random.Uint64(), random.Uint64())) // the load's own
	working.Go(func() {
		load := o.Load
		load.WriteRatio = []float64{10, 80, 100}[draws.IntN(3)]
		for over.Err() == nil {
			_, _ = m.api.Bench(over, load) // whoever dies ends it; then the next begins
			_ = await(over, time.After(time.Millisecond))
		}
	})
	for _, c := range callers {
		working.Go(func() { c.call(over, ctx) })
	}
	err = s.ail(ctx, m, random)
	if err == nil {
		err = allWell(ctx, m.api)
	}
	stop()
	working.Wait()
	var all []check.Entry
	for _, c := range callers {
		all = append(all, c.entries...)
		err = errors.Join(err, c.failed)
	}
	return all, err
}

// ail does one or two things to the machine.
func (s Soak) ail(ctx context.Context, m *soakMachine, random *rand.Rand) error {
	for range 1 + random.IntN(2) {
		if err := await(ctx, time.After(time.Duration(random.IntN(int(100*time.Millisecond))))); err != nil {
			return err
		}
		n := random.IntN(16)
		for _, a := range ails {
			if n -= a.weight; n >= 0 {
				continue
			}
			if err := a.do(s, ctx, m, random); err != nil {
				return fmt.Errorf("%s: %w", a.name, err)
			}
			break
		}
		// Half of the time the next one meets a machine that is not well yet.
		if random.IntN(2) == 0 {
			if err := allWell(ctx, m.api); err != nil {
				return err
			}
		}
	}
	return nil
}

// strike strikes a kernel of a random node, and counts it. One that has the state
// alone is spared, and so is who has just died.
func (m *soakMachine) strike(ctx context.Context, random *rand.Rand, ask StrikeRequest, count *int) error {
	ask.Node = random.IntN(m.report.Nodes)
	hit, err := m.api.Strike(ctx, ask)
	if errors.Is(err, ErrUsage) || errors.Is(err, ErrKernelDied) {
		return nil
	}
	if err == nil {
		m.report.Struck[hit.Phase]++
		*count++
	}
	return err
}

func (s Soak) kill(ctx context.Context, m *soakMachine, random *rand.Rand) error {
	ask := StrikeRequest{Kind: StrikeKill, Aim: rarest(m.report.Struck, random)}
	if ask.Aim == "join" {
		ask.Kind, ask.Aim = StrikeJoin, ""
	}
	return m.strike(ctx, random, ask, &m.report.Kills)
}

func (s Soak) halt(ctx context.Context, m *soakMachine, random *rand.Rand) error {
	ask := StrikeRequest{Kind: StrikeStop, For: 50 * time.Millisecond, Aim: rarest(m.report.Struck, random)}
	if ask.Aim == "join" {
		ask.Aim = ""
	}
	if random.IntN(2) == 0 { // long enough for the log to be full, and for it to be passed over or killed
		ask.For = m.config.StallBudget + 300*time.Millisecond
	}
	return m.strike(ctx, random, ask, &m.report.Stops)
}

// leave takes a node out and puts it back.
func (s Soak) leave(ctx context.Context, m *soakMachine, random *rand.Rand) error {
	n := random.IntN(m.report.Nodes)
	again := func(action MemberAction) error {
		for {
			_, err := m.api.Member(ctx, MemberRequest{Node: n, Action: action})
			// Its kernel has just died, or the one that has the state.
			if !errors.Is(err, ErrBusy) && !errors.Is(err, ErrKernelDied) {
				return err
			}
			if err := await(ctx, time.After(10*time.Millisecond)); err != nil {
				return err
			}
		}
	}
	err := again(MemberRemove)
	if errors.Is(err, ErrUsage) {
		return nil // it has the state alone
	}
	if err != nil {
		return err
	}
	m.report.Leaves++
	_ = await(ctx, time.After(time.Duration(random.IntN(int(200*time.Millisecond)))))
	if err := again(MemberAdd); err != nil {
		return err
	}
	m.report.Joins++
	return nil
}

// behead kills the supervisor, and has another take over.
func (s Soak) behead(ctx context.Context, m *soakMachine, random *rand.Rand) error {
	if s.Attach == nil {
		return nil
	}
	status, err := m.api.Status(ctx, StatusRequest{})
	if err != nil {
		return err
	}
	if err := unix.Kill(status.PID, unix.SIGKILL); err != nil {
		return err
	}
	m.report.Supervisors++
	for lives(status.PID) {
		if err := await(ctx, time.After(time.Millisecond)); err != nil {
			return err
		}
	}
	_ = await(ctx, time.After(time.Duration(random.IntN(int(100*time.Millisecond)))))
	return s.Attach(ctx, m.config)
}

// judgeable is how many operations a history has: over several keys, and of clients
// that wait for CPUs, so that most overlap, the judge has to try many orders.
const judgeable = 200

// soakBase is where the keys of the histories of soaks begin.
const soakBase = 1 << 45

// atRest judges a history of all nodes, and compares the digests. Keys are used
// again, so that the state stays as large as it is.
func (s Soak) atRest(ctx context.Context, m *soakMachine) error {
	ask := DefaultRecordRequest()
	ask.Base, ask.Seed, ask.Many, ask.Keys = soakBase, s.Seed+uint64(m.rounds), 10, 4
	ask.ClientsPerNode, ask.Operations = 1, judgeable/m.report.Nodes
	cleaner := &outsider{m: m.api, nodes: []int{0}, base: ask.Base, keys: ask.Keys, numbers: &caller{id: rand.Uint64() | 1}, random: m.random}
	if err := cleaner.clear(ctx); err != nil {
		return fmt.Errorf("clear the keys: %w", err)
	}
	var found *RecordResult
	for {
		var err error
		if found, err = m.api.Record(ctx, ask); err == nil {
			break
		}
		if !errors.Is(err, ErrBusy) { // the load is about to end
			return fmt.Errorf("history: %w", err)
		}
		if err := await(ctx, time.After(2*time.Millisecond)); err != nil {
			return err
		}
	}
	if err := m.judge("a history", found.Entries, s.Judging); err != nil || m.report.Judgement != check.OK {
		return err
	}
	status, err := m.api.Status(ctx, StatusRequest{Digest: true})
	if err != nil {
		return err
	}
	first := status.Kernels[0]
	for _, k := range status.Kernels {
		if k.Digest == "" || k.Digest != first.Digest || k.DigestAt != first.DigestAt {
			m.report.fail(fmt.Sprintf("at rest node %d (%s) has digest %s at %d, node %d %s at %d",
				k.Node, k.State, k.Digest, k.DigestAt, first.Node, first.Digest, first.DigestAt))
			return nil
		}
	}
	m.report.Digests++
	return nil
}

// judge judges a history of the machine.
func (m *soakMachine) judge(of string, entries []check.Entry, o check.Options) error {
	v, err := check.Linearizable(entries, o)
	if err != nil {
		return err
	}
	m.report.Operations += v.Operations
	m.report.Open += v.Open
	m.report.Overlapping += v.OverlappingClients
	if v.Judgement != check.OK {
		m.report.Judgement = v.Judgement
		m.report.Text = of + ", round " + strconv.Itoa(m.rounds) + ": " + v.Excerpt
	}
	return nil
}

//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/kernel/names"
	"github.com/nrkern/nrkern/multikernel"
)

// searched are the services that a scenario can have, and, but for kv, how their
// operations are drawn.
type searched struct {
	definition *kernel.Definition
	source     func(nodes int) check.Source
}

func searchedServices() []searched {
	return []searched{
		{definition: kv.Definition()},
		{names.Definition(), func(int) check.Source { return check.NamesSource }},
		{caps.Definition(), check.CapsSource},
	}
}

// Services returns the names of the services that a scenario can have.
func Services() []string {
	var all []string
	for _, s := range searchedServices() {
		all = append(all, s.definition.Name)
	}
	return all
}

func (s Scenario) service() *searched {
	for _, one := range searchedServices() {
		if one.definition.Name == s.Service || s.Service == "" {
			return &one
		}
	}
	return nil
}

// definition returns the service that clients call.
func (s Scenario) definition() *kernel.Definition { return s.service().definition }

// checkService returns an error if the scenario asks for more than clients of its
// service do.
func (s Scenario) checkService(at *structure) error {
	switch {
	case s.Service == "":
		return nil
	case s.service() == nil || s.Service == kv.Definition().Name:
		return fmt.Errorf("%w: service %q: want one of %v, and nothing for %s", ErrScenario, s.Service, Services()[1:], Services()[0])
	case at.boot == nil || slices.Contains([]string{"group", "channel", "bell"}, s.Structure):
		return fmt.Errorf("%w: %s has no service %s", ErrScenario, s.Structure, s.Service)
	case s.Window > 1 || s.Lead > 0 || s.Many > 0:
		return fmt.Errorf("%w: service %s: its clients have one operation outstanding, no lead, and no share of operations over several keys: leave window, lead and many out", ErrScenario, s.Service)
	}
	return nil
}

// addCaller adds a client of a service other than kv, and its core.
func (r *run) addCaller(c *client) error {
	c.calls = &check.CallRecorder{Port: c.port, Client: c.id, Now: func() int64 { return r.now(c) }, Source: r.Scenario.service().source(r.Nodes)}
	r.addCore(c.node, c.name, func() {
		if err := c.calls.Run(r.Operations, r.seed); err != nil {
			r.machine.fail(FailureAnswer, "%v", err)
		}
		c.finish()
	})
	r.clients = append(r.clients, c)
	r.left++
	return nil
}

// callHistory returns all callers' calls.
func (r *run) callHistory() (all []check.Call) {
	for _, c := range r.clients {
		if c.calls != nil {
			all = append(all, c.calls.Calls()...)
		}
	}
	return all
}

// judgeCalls judges the history of a service other than kv.
func (r *run) judgeCalls() {
	if r.byMessages() && r.machine.died == 0 {
		if err := multikernel.CheckCapabilities(r.mesh); err != nil {
			r.machine.fail(FailureInvariant, "%v", err)
			return
		}
	}
	switch verdict, text := check.LinearizableCalls(r.definition(), r.callHistory(), time.Minute); verdict {
	case check.Illegal:
		r.machine.fail(FailureHistory, "not linearizable:\n%s", text)
	case check.Unknown:
		r.machine.fail(FailureUnknown, "%s", text)
	}
}

// spanning returns a service as one with operations over several shards; one that
// has none gets those that are never asked.
func spanning(s kernel.Service) kernel.Spanning {
	if several, ok := s.(kernel.Spanning); ok {
		return several
	}
	return single{s}
}

// single is a service without operations over several shards.
type single struct{ kernel.Service }

// Span adds the one shard of an operation.
func (s single) Span(op *kernel.Op, set *kernel.ShardSet) { set.Add(s.Shard(op)) }

// Split is never asked.
func (single) Split(*kernel.Op, *kernel.ShardSet, *kernel.Op) {}

// Vote is never asked.
func (single) Vote(*kernel.Op) kernel.Status { return kernel.StatusUnsupported }

// Merge is never asked.
func (single) Merge(*kernel.Op, *kernel.Result, *kernel.Result) {}

// several reports whether an operation, of which this may be a part, is one that
// changes several shards.
func several(op *kernel.Op) bool {
	return op.Service == kv.ID && op.Code == kv.CodePutMany || op.Service == names.ID && op.Code == names.CodeExpire
}

// describeOther shows an operation of a service other than kv.
func describeOther(op *kernel.Op) string {
	for _, s := range searchedServices() {
		if s.definition.ID == op.Service {
			return fmt.Sprintf("%s %d %d %q", s.definition.Called(op.Code), op.Args[0], op.Args[1], op.Data)
		}
	}
	return fmt.Sprintf("an operation of service %d", op.Service)
}

// byMessages reports whether nodes keep the service by a protocol of its own, so that
// no instance of it executes anything.
func (r *run) byMessages() bool {
	return r.Structure == "multikernel" && r.definition().ID == caps.ID
}

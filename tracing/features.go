package tracing

import (
	"github.com/nrkern/nrkern/tracing/privilege"
	"github.com/nrkern/nrkern/tracing/probe"
)

// The capabilities that the ways of looking need.
var (
	probeNeeds = probe.Needs()
	viewNeeds  = []privilege.Capability{privilege.BPF, privilege.PerfMon}
	costNeeds  = []privilege.Capability{privilege.SysAdmin}
)

// UserStacks names the feature that a report's stacks come from.
const UserStacks = "user stacks"

// features says which ways of looking work here.
func (s *Session) features() []Feature {
	features := []Feature{}
	add := func(name string, err error, needs []privilege.Capability) {
		f := Feature{Name: name, Available: err == nil, Needs: []string{}}
		for _, c := range needs {
			f.Needs = append(f.Needs, c.Name)
		}
		if err != nil {
			f.Reason, f.Remedy = reasonOf(err), privilege.Remedy(needs...)
		}
		features = append(features, f)
	}
	if s.options.Sites == nil || len(s.options.Sites) > 0 {
		add("probe sites", s.probeErr, probeNeeds)
	}
	if s.options.Kernel {
		add("kernel's view", s.viewErr, viewNeeds)
	}
	if s.options.Stacks {
		add(UserStacks, s.stackErr, viewNeeds)
	}
	add("cost of programs", s.statsErr, costNeeds)
	return features
}

// DropPrivileges gives up what attaching needed, in the whole process: to read
// what was seen, and to count threads that start, takes less.
func (s *Session) DropPrivileges() error { return privilege.Keep(viewNeeds...) }

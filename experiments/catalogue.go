package experiments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/experiments/capabilities"
	"github.com/nrkern/nrkern/experiments/channel"
	"github.com/nrkern/nrkern/experiments/cnr"
	"github.com/nrkern/nrkern/experiments/combining"
	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/hashmap"
	"github.com/nrkern/nrkern/experiments/idlereplicas"
	"github.com/nrkern/nrkern/experiments/kill"
	"github.com/nrkern/nrkern/experiments/linematrix"
	"github.com/nrkern/nrkern/experiments/log"
	"github.com/nrkern/nrkern/experiments/membership"
	"github.com/nrkern/nrkern/experiments/memory"
	"github.com/nrkern/nrkern/experiments/oversubscription"
	"github.com/nrkern/nrkern/experiments/probecost"
	"github.com/nrkern/nrkern/experiments/shmvsmessages"
	"github.com/nrkern/nrkern/experiments/straggler"
	"github.com/nrkern/nrkern/experiments/structures"
	"github.com/nrkern/nrkern/experiments/traffic"
)

// ErrUnknown is the error of an experiment that there is not.
var ErrUnknown = errors.New("no such experiment")

// All returns all experiments, in the order in which `run --all` runs them.
func All() []*experiment.Definition {
	return []*experiment.Definition{
		hashmap.Definition(),
		linematrix.Definition(),
		channel.Definition(),
		shmvsmessages.Definition(),
		combining.Definition(),
		structures.Definition(),
		log.Definition(),
		idlereplicas.Definition(),
		oversubscription.Definition(),
		traffic.Definition(),
		memory.Definition(),
		straggler.Definition(),
		kill.Definition(),
		membership.Definition(),
		cnr.Definition(),
		capabilities.Definition(),
		probecost.Definition(),
	}
}

// Named returns the experiment of a name.
func Named(all []*experiment.Definition, name string) (*experiment.Definition, error) {
	var names []string
	for _, d := range all {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("%w: %q: there are %s", ErrUnknown, name, strings.Join(names, ", "))
}

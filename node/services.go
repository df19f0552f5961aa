package node

import (
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/kernel/names"
)

// Services returns the services of every machine: what `nrkern sys` knows.
func Services() []*kernel.Definition {
	return []*kernel.Definition{kv.Definition(), names.Definition(), caps.Definition()}
}

func serviceNames() []string {
	var names []string
	for _, d := range Services() {
		names = append(names, d.Name)
	}
	return names
}

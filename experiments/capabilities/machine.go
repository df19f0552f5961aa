package capabilities

import (
	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/combining"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/nrkernel"
	"github.com/nrkern/nrkern/transport"
)

// The variants.
const (
	log      = "nr"
	messages = "multikernel"
	lock     = "biglock/mcs"
)

// variants are the structures, and how each is made.
var variants = []struct {
	name string
	open func(kernels int) (*machine, error)
}{{log, openLog}, {messages, openMesh}, {lock, openLock}}

// machine is a structure over capabilities, in this process.
type machine struct {
	name string
	port kernel.Port // at kernel 0
	// others are the other kernels, which somebody has to serve.
	others  []combining.Server
	traffic func() transport.Traffic
	copies  int // that there are of the object; 0 before there is one
}

func table() (*kernel.Table, error) { return kernel.NewTable(caps.Definition()) }

func openLog(kernels int) (*machine, error) {
	layout := new(transport.Layout)
	if err := nrkernel.AddLogs(layout, 1, nrkernel.DefaultLogSlots, kernels, 0); err != nil {
		return nil, err
	}
	segment, err := transport.Local(layout)
	if err != nil {
		return nil, err
	}
	logs, err := nrkernel.OpenLogs(segment)
	if err != nil {
		return nil, err
	}
	logs.Prepare()
	var nodes []*nrkernel.Node
	for id := range kernels {
		n, err := nrkernel.NewNode(logs, table, nrkernel.Config{ID: id, Policy: &transport.Dedicated})
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	port, err := nodes[0].NewPort(1)
	return assemble(port, nodes), err
}

func openMesh(kernels int) (*machine, error) {
	layout := new(transport.Layout)
	if err := multikernel.AddMesh(layout, kernels, multikernel.DefaultRing); err != nil {
		return nil, err
	}
	segment, err := transport.Local(layout)
	if err != nil {
		return nil, err
	}
	var nodes []*multikernel.Node
	for id := range kernels {
		services, err := table()
		if err != nil {
			return nil, err
		}
		n, err := multikernel.Open(segment, services, multikernel.Config{ID: id, Policy: &transport.Dedicated})
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	port, err := nodes[0].NewPort(1)
	return assemble(port, nodes), err
}

func openLock(kernels int) (*machine, error) {
	services, err := table()
	if err != nil {
		return nil, err
	}
	m, err := biglock.New(services, biglock.Config{Kind: biglock.MCS, Nodes: kernels, Policy: &transport.Dedicated})
	if err != nil {
		return nil, err
	}
	port, err := m.NewPort(0, 1)
	return &machine{port: port, traffic: func() transport.Traffic { return m.Traffic(0) }}, err
}

// observed is a node that counts what crosses.
type observed interface {
	combining.Server
	Traffic() transport.Traffic
}

func assemble[N observed](port kernel.Port, nodes []N) *machine {
	m := &machine{port: port}
	for _, n := range nodes[1:] {
		m.others = append(m.others, n)
	}
	m.traffic = func() (t transport.Traffic) {
		for _, n := range nodes {
			t = t.Add(n.Traffic())
		}
		return t
	}
	return m
}

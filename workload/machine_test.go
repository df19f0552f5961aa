package workload_test

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
	"github.com/nrkern/nrkern/workload"
)

func newBaseline(t testing.TB, window int) *workload.Baseline {
	t.Helper()
	table, err := kernel.NewTable(kv.Definition())
	if err != nil {
		t.Fatal(err)
	}
	b, err := workload.NewBaseline(table, window)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// probed is a port that looks at every operation and may change its answer.
type probed struct {
	kernel.Port
	started   func(place int, op *kernel.Op)
	completed func(place int, res *kernel.Result) error
}

func (p *probed) Start(i int) {
	if p.started != nil {
		p.started(i, &p.Ops()[i])
	}
	p.Port.Start(i)
}

func (p *probed) Next() (int, error) {
	i, err := p.Port.Next()
	if err == nil && p.completed != nil {
		err = p.completed(i, &p.Results()[i])
	}
	return i, err
}

package nrkernel

import "github.com/nrkern/nrkern/kernel"

// merging executes operations over several logs part by part.
type merging struct {
	set    kernel.ShardSet // of the operation
	dealt  kernel.ShardSet // of those, what one log has
	part   kernel.Op
	answer kernel.Result
}

// fresh returns the set, empty.
func (m *merging) fresh() *kernel.ShardSet {
	m.set = kernel.ShardSet{}
	return &m.set
}

func newMerging() merging {
	return merging{part: kernel.Op{Data: make([]byte, 0, kernel.MaxData)}, answer: kernel.NewResults(1)[0]}
}

// perform executes the parts of an operation and merges what they answer: none of
// them, if one votes against. The shards are in set; the caller keeps others out
// of the node's copies, all of them or for a query the writers.
func (m *merging) perform(n *Node, op *kernel.Op, res *kernel.Result, logs uint64) {
	res.Reset()
	service := n.routes.table.Spanning(op)
	if service == nil {
		res.Status = kernel.StatusInvalid // no port placed it
		return
	}
	if !op.Code.IsQuery() {
		for i := range each(logs) {
			m.split(n, service, op, i)
			if s := n.replicas[i].table.Spanning(op).Vote(&m.part); s != kernel.StatusOK {
				res.Status = s
				return
			}
		}
	}
	for i := range each(logs) {
		m.split(n, service, op, i)
		n.replicas[i].table.Execute(&m.part, &m.answer)
		service.Merge(op, res, &m.answer)
	}
}

func (m *merging) split(n *Node, service kernel.Spanning, op *kernel.Op, log int) {
	m.dealt = m.set
	asked, _ := kernel.Asked(op)
	m.dealt.Meet(n.routes.dealtTo(log, asked))
	service.Split(op, &m.dealt, &m.part)
}

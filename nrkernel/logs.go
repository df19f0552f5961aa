package nrkernel

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/transport"
)

// MaxLogs is the number of logs that a machine can have.
const MaxLogs = 64

// ErrLogs is the error of a number of logs that cannot be.
var ErrLogs = errors.New("bad number of logs")

// The parts of a segment that hold the logs: "log" where it is the only one,
// else "log.0", "log.1" and so on, and the word that orders operations over
// several of them.
const (
	logPart   = "log"
	orderPart = "log.order"
)

func nameOf(log, logs int) string {
	if logs == 1 {
		return logPart
	}
	return fmt.Sprintf("%s.%d", logPart, log)
}

// Logs is the storage of a machine's logs.
type Logs struct {
	stores []*transport.LogStore
	// order is 0, or 1 + the node that is placing an operation in several logs.
	// Nil where there is one log.
	order *transport.Line
}

// AddLogs adds a number of logs to a layout, each with so many slots, shared by
// the replicas of so many nodes. Home is where their slots are (see
// transport.Layout.AddLog); the words of several logs are dealt out to the nodes.
func AddLogs(l *transport.Layout, logs, slots, nodes, home int) error {
	if logs < 1 || logs > MaxLogs {
		return fmt.Errorf("%w: %d: want 1 to %d", ErrLogs, logs, MaxLogs)
	}
	for i := range logs {
		if err := l.AddLogAt(nameOf(i, logs), slots, nodes, home, max(home, i%max(nodes, 1))); err != nil {
			return err
		}
	}
	if logs > 1 {
		l.Add(orderPart, 0, transport.LineSize)
	}
	return nil
}

// OpenLogs returns the logs that AddLogs placed in a segment.
func OpenLogs(s *transport.Segment) (*Logs, error) {
	order, err := transport.View[transport.Line](s, orderPart, 0)
	if errors.Is(err, transport.ErrNoPart) {
		store, err := transport.OpenLog(s, logPart)
		if err != nil {
			return nil, err
		}
		return &Logs{stores: []*transport.LogStore{store}}, nil
	}
	if err != nil {
		return nil, err
	}
	l := &Logs{order: order}
	for {
		store, err := transport.OpenLog(s, nameOf(len(l.stores), MaxLogs))
		if errors.Is(err, transport.ErrNoPart) && len(l.stores) > 1 {
			return l, nil
		}
		if err != nil {
			return nil, err
		}
		l.stores = append(l.stores, store)
	}
}

// Prepare readies the words of fresh logs, as the function of that name does for
// one.
func (l *Logs) Prepare() {
	for _, store := range l.stores {
		Prepare(store)
	}
}

// Count returns the number of logs.
func (l *Logs) Count() int { return len(l.stores) }

// routing says in which logs operations go: shard s of service v is in log
// (v + s) mod N, so that the shards of a service are dealt out to all logs and
// services of one shard do not all meet in one.
type routing struct {
	table *kernel.Table // any one: shards depend on the operation alone
	logs  int
	// dealt are the shards that one log has of a service: of those whose number
	// is 0 mod N, 1 mod N and so on.
	dealt []kernel.ShardSet
}

func newRouting(table *kernel.Table, logs int) routing {
	r := routing{table: table, logs: logs, dealt: make([]kernel.ShardSet, logs)}
	for shard := range kernel.MaxShards {
		r.dealt[shard%logs].Add(shard)
	}
	return r
}

// log returns the log of an operation, or -1 if it is over several shards.
func (r *routing) log(op *kernel.Op) int {
	shard := r.table.Shard(op)
	if shard == kernel.AllShards {
		return -1
	}
	service, _ := kernel.Asked(op)
	return (int(service) + shard) % r.logs
}

// span adds the shards of an operation over several to a set, and returns their
// logs, as bits.
func (r *routing) span(op *kernel.Op, set *kernel.ShardSet) (logs uint64) {
	r.table.Span(op, set)
	service, _ := kernel.Asked(op)
	for i := range r.dealt {
		if set.Meets(&r.dealt[i]) {
			logs |= 1 << ((i + int(service)) % r.logs)
		}
	}
	return logs
}

// dealtTo returns the shards of a service that are in a log.
func (r *routing) dealtTo(log int, s kernel.ServiceID) *kernel.ShardSet {
	return &r.dealt[(log-int(s)%r.logs+r.logs)%r.logs]
}

package kernel

import (
	"errors"
	"fmt"
	"io"
)

// AllShards is what Service.Shard answers for an operation that touches
// several shards.
const AllShards = -1

// Service is a sequential, deterministic kernel service: what a user of the
// library implements to have a structure of their own replicated by NR or
// owned by multikernel nodes.
//
// An operation never waits: a combiner, an owner or the holder of a lock executes
// it for others, and all of them would wait with it. One that must wait for what
// somebody else does answers StatusAgain, having noted who waits where that counts
// (a place in a queue), and the service has a query that tells when it has come.
// Whoever called asks it until then: see Await.
type Service interface {
	// Apply executes an operation that may change state. It must answer the
	// same and leave the same state on every replica.
	Apply(op *Op, res *Result)
	// Query executes an operation that does not change state. Several threads
	// may query at once.
	Query(op *Op, res *Result)

	// Shards is the number of shards of the service: independent parts of its
	// state, numbered from 0. Operations on different shards commute.
	Shards() int
	// Shard returns the shard an operation touches, or AllShards. It depends on
	// the operation alone, never on state, so any node can route by it.
	Shard(op *Op) int

	// Snapshot writes the state; Restore replaces the state by what Snapshot
	// wrote. Neither runs beside Apply.
	Snapshot(w io.Writer) error
	Restore(r io.Reader) error
	// Digest summarises the state: equal states have equal digests, whatever
	// operations led to them. The digest of a state that is split over several
	// instances is the sum (modulo 2^64) of theirs, so that a partitioned
	// service compares with a replicated one.
	Digest() uint64
}

// Definition describes a service to the machine and to the command line.
type Definition struct {
	ID   ServiceID
	Name string
	// New returns an empty instance. A node's instance holds the shards that
	// the structure places there: all of them in NR, some in the multikernel.
	New func() Service
	// Check judges an operation before any structure sees it: StatusOK, or why
	// it is refused. Services can then rely on well-formed operations.
	Check func(op *Op) Status
	// Parse turns the words of `nrkern sys SERVICE OP ARGS` into an operation.
	Parse func(words []string) (Op, error)
	// Format shows a result of op to a person.
	Format func(op *Op, res *Result) string
	// Usage lists the operations of Parse, one a line.
	Usage string
	// Called names an operation, or returns "" for one that there is not; it may
	// be nil.
	Called func(Code) string
}

// ErrNoService is the error of an operation for a service that the table does
// not have.
var ErrNoService = errors.New("no such service")

// Table is one node's services: an instance of each definition.
type Table struct {
	definitions [256]*Definition
	services    [256]Service
	order       []ServiceID
}

// NewTable makes an instance of each definition.
func NewTable(definitions ...*Definition) (*Table, error) {
	t := new(Table)
	for _, d := range definitions {
		if d.ID == 0 {
			return nil, fmt.Errorf("service %q: ID 0 means no service: give it another", d.Name)
		}
		if other := t.definitions[d.ID]; other != nil {
			return nil, fmt.Errorf("service %q: ID %d is taken by %q: give it another", d.Name, d.ID, other.Name)
		}
		t.definitions[d.ID], t.services[d.ID] = d, d.New()
		t.order = append(t.order, d.ID)
	}
	return t, nil
}

// Single returns a table with one service of ID 1 and no checks: what a
// program that replicates a structure of its own needs.
func Single(s Service) *Table {
	t := new(Table)
	t.definitions[1] = &Definition{ID: 1, Name: "service", New: func() Service { return s }}
	t.services[1] = s
	t.order = []ServiceID{1}
	return t
}

// Lookup returns the instance with the given ID.
func (t *Table) Lookup(id ServiceID) (Service, error) {
	if s := t.services[id]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%w: %d", ErrNoService, id)
}

// Definition returns the definition with the given name.
func (t *Table) Definition(name string) (*Definition, error) {
	for _, id := range t.order {
		if d := t.definitions[id]; d.Name == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNoService, name)
}

// All returns the IDs of the table's services in the order they were given.
func (t *Table) All() []ServiceID { return t.order }

// Check judges an operation before it enters a structure. Ports call it; what
// is not StatusOK becomes the result at once.
func (t *Table) Check(op *Op) Status {
	d := t.definitions[op.Service]
	if d == nil || len(op.Data) > MaxData {
		return StatusInvalid
	}
	if d.Check == nil {
		return StatusOK
	}
	return d.Check(op)
}

// Execute runs op on its service: Query for queries, Apply for the rest. A
// record that names no service of the table is answered StatusInvalid.
func (t *Table) Execute(op *Op, res *Result) {
	res.Reset()
	s := t.services[op.Service]
	if s == nil {
		res.Status = StatusInvalid
		return
	}
	if op.Code.IsQuery() {
		s.Query(op, res)
	} else {
		s.Apply(op, res)
	}
}

// Shard returns the shard of op within its service, or AllShards.
func (t *Table) Shard(op *Op) int {
	if s := t.services[op.Service]; s != nil {
		return s.Shard(op)
	}
	return 0
}

// Snapshot writes the states of all services, one after the other.
func (t *Table) Snapshot(w io.Writer) error {
	for _, id := range t.order {
		if err := t.services[id].Snapshot(w); err != nil {
			return fmt.Errorf("service %q: %w", t.definitions[id].Name, err)
		}
	}
	return nil
}

// Restore replaces the states of all services by what Snapshot wrote.
func (t *Table) Restore(r io.Reader) error {
	for _, id := range t.order {
		if err := t.services[id].Restore(r); err != nil {
			return fmt.Errorf("service %q: %w", t.definitions[id].Name, err)
		}
	}
	return nil
}

// Digest returns the sum of the services' digests.
func (t *Table) Digest() uint64 {
	var sum uint64
	for _, id := range t.order {
		sum += t.services[id].Digest()
	}
	return sum
}

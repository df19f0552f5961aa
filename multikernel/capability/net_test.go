package capability

import (
	"fmt"
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// network is monitors whose messages a test delivers, in whatever order between
// pairs: each pair's are delivered in the order they were sent.
type network struct {
	monitors []*Monitor
	wires    map[[2]int][]Message
	sent     map[kernel.Code]int
	calls    []*asked
	clock    int64
}

// asked is a call and what became of it.
type asked struct {
	op           kernel.Op
	client       int
	result       kernel.Result
	call, answer int64 // 0: not answered
}

func newNetwork(nodes int) *network {
	n := &network{wires: map[[2]int][]Message{}, sent: map[kernel.Code]int{}}
	for node := range nodes {
		n.monitors = append(n.monitors, New(node, nodes,
			func(to int, m Message) {
				n.wires[[2]int{node, to}] = append(n.wires[[2]int{node, to}], m)
				n.sent[m.Code]++
			},
			func(t Tag, _ *kernel.Op, r *kernel.Result) {
				a := n.calls[int(t.To.Place)|int(t.To.Thread)<<16]
				if a.answer != 0 {
					panic("answered twice")
				}
				n.clock++
				a.answer = n.clock
				a.result = kernel.Result{Status: r.Status, Value: r.Value, Data: append([]byte(nil), r.Data...)}
			}))
	}
	return n
}

// begin begins a call at the node of its space.
func (n *network) begin(t fataler, client int, op kernel.Op) *asked {
	t.Helper()
	n.clock++
	a := &asked{op: op, client: client, call: n.clock}
	n.calls = append(n.calls, a)
	i := len(n.calls) - 1
	m := n.monitors[caps.PlacesOf(&op).Space]
	m.Begin(&op, Tag{m.node, kernel.Origin{Place: uint16(i), Thread: uint8(i >> 16)}})
	n.settle(t, m)
	return a
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func (n *network) settle(t fataler, m *Monitor) {
	t.Helper()
	if _, err := m.Settle(); err != nil {
		t.Fatalf("node %d: %v", m.node, err)
	}
	if err := Invariants(n.monitors, false); err != nil {
		t.Fatalf("%v\n%s", err, n)
	}
}

// deliver delivers the next message from one node to another.
func (n *network) deliver(t fataler, from, to int) {
	t.Helper()
	wire := [2]int{from, to}
	if len(n.wires[wire]) == 0 {
		t.Fatalf("nothing is under way from node %d to node %d", from, to)
	}
	m := n.wires[wire][0]
	n.wires[wire] = n.wires[wire][1:]
	if err := n.monitors[to].Receive(from, m); err != nil {
		t.Fatalf("node %d: %v", to, err)
	}
	n.settle(t, n.monitors[to])
}

// busy returns the wires with messages, in order.
func (n *network) busy() (wires [][2]int) {
	for from := range n.monitors {
		for to := range n.monitors {
			if len(n.wires[[2]int{from, to}]) > 0 {
				wires = append(wires, [2]int{from, to})
			}
		}
	}
	return wires
}

// rest delivers all messages, and sees that all calls are answered.
func (n *network) rest(t fataler) {
	t.Helper()
	for steps := 0; ; steps++ {
		wires := n.busy()
		if len(wires) == 0 {
			break
		}
		if steps > 100_000 {
			t.Fatalf("no end:\n%s", n)
		}
		w := wires[steps%len(wires)]
		n.deliver(t, w[0], w[1])
	}
	for _, a := range n.calls {
		if a.answer == 0 {
			t.Fatalf("%s is not answered\n%s", show(a), n)
		}
	}
	if err := Invariants(n.monitors, true); err != nil {
		t.Fatalf("at rest: %v\n%s", err, n)
	}
}

// call makes a call with nothing else going on.
func (n *network) call(t *testing.T, op kernel.Op) *asked {
	t.Helper()
	a := n.begin(t, 0, op)
	n.rest(t)
	return a
}

// must makes a call that succeeds.
func (n *network) must(t *testing.T, op kernel.Op) *asked {
	t.Helper()
	a := n.call(t, op)
	if a.result.Status != kernel.StatusOK {
		t.Fatalf("%s", show(a))
	}
	return a
}

func show(a *asked) string {
	s := fmt.Sprintf("%3d-%3d client %d: %s %+v %x %x", a.call, a.answer, a.client, caps.Called(a.op.Code), caps.PlacesOf(&a.op), a.op.Args[1], a.op.Args[2])
	if a.answer == 0 {
		return s
	}
	return s + " = " + caps.Format(&a.op, &a.result)
}

func (n *network) String() (s string) {
	for _, a := range n.calls {
		s += show(a) + "\n"
	}
	for _, m := range n.monitors {
		s += fmt.Sprintf("node %d:\n", m.node)
		for _, c := range m.slots {
			s += fmt.Sprintf("  %v id %x pins %d holders %b coming %v task %+v queue %d remote %v\n", m.info(c), c.object.id, c.pins, c.object.holders, c.object.coming, c.object.task, len(c.object.queue), c.object.remote)
		}
	}
	for wire, all := range n.wires {
		for _, m := range all {
			s += fmt.Sprintf("  %d to %d: %s %x\n", wire[0], wire[1], Called(m.Code), m.Words)
		}
	}
	return s
}

// messages returns how many were sent, and forgets them.
func (n *network) messages() (total int) {
	for _, k := range n.sent {
		total += k
	}
	clear(n.sent)
	return total
}

package capability

import (
	"testing"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// shared returns three or more kernels with RAM at slot 1 of all, owned by kernel 0,
// and a frame of its first page at slot 2 of kernel 1, which owns that.
func shared(t *testing.T, nodes int) *network {
	t.Helper()
	n := newNetwork(nodes)
	n.must(t, caps.Create(0, 1, caps.RAM, 0, 8*caps.Page))
	for to := 1; to < nodes; to++ {
		n.must(t, caps.Copy(0, 1, to, 1))
	}
	n.must(t, caps.Retype(1, 1, caps.Frame, 0, caps.Page, 1, 2))
	n.calls = nil
	n.messages()
	return n
}

// left lists the capabilities that there are, by kernel.
func (n *network) left() (all []int) {
	for _, m := range n.monitors {
		all = append(all, len(m.slots))
	}
	return all
}

// TestRevokeMeetsCopyInFlight is the first race of TN-013 (figure "problem with using
// acknowledgments"): kernel 1 has sent a copy of the frame to kernel 2 when kernel 0
// revokes the memory. 2 sees the revoke first, then the copy; 1 has 2's
// acknowledgement before it sees the revoke. With acknowledgements alone all would
// have answered, and 2 would keep the copy.
func TestRevokeMeetsCopyInFlight(t *testing.T) {
	n := shared(t, 3)
	n.begin(t, 1, caps.Copy(1, 2, 2, 2))
	revoke := n.begin(t, 2, caps.Revoke(0, 1))
	n.deliver(t, 0, 2) // mark
	n.deliver(t, 2, 0) // ready: it has the memory, and nothing in flight
	n.deliver(t, 1, 2) // insert
	if len(n.monitors[2].slots) != 2 {
		t.Fatalf("kernel 2 did not take the copy:\n%s", n)
	}
	n.deliver(t, 2, 1) // inserted
	n.deliver(t, 0, 1) // mark
	n.deliver(t, 1, 0) // ready
	n.rest(t)
	if left := n.left(); revoke.result.Status != kernel.StatusOK || left[0] != 1 || left[1] != 0 || left[2] != 0 {
		t.Errorf("after the revoke there is %v:\n%s", left, n)
	}
	if !explained(append(sharedCalls(3), n.calls...)) {
		t.Errorf("no order explains:\n%s", n)
	}
}

// TestReadyWaitsForCopy: who has sent a copy is not ready before it has arrived.
func TestReadyWaitsForCopy(t *testing.T) {
	n := shared(t, 3)
	n.begin(t, 1, caps.Copy(1, 2, 2, 2))
	n.begin(t, 2, caps.Revoke(0, 1))
	n.deliver(t, 0, 1) // mark
	if len(n.wires[[2]int{1, 0}]) != 0 {
		t.Fatalf("kernel 1 answers the mark while its copy is under way:\n%s", n)
	}
	n.deliver(t, 1, 2)
	n.deliver(t, 2, 1)
	if len(n.wires[[2]int{1, 0}]) != 1 {
		t.Fatalf("kernel 1 does not answer the mark:\n%s", n)
	}
	n.rest(t)
}

// sharedCalls are the calls of shared, for a history.
func sharedCalls(nodes int) (all []*asked) {
	at := int64(-100)
	add := func(op kernel.Op) {
		all = append(all, &asked{op: op, call: at, answer: at + 1})
		at += 2
	}
	add(caps.Create(0, 1, caps.RAM, 0, 8*caps.Page))
	for to := 1; to < nodes; to++ {
		add(caps.Copy(0, 1, to, 1))
	}
	add(caps.Retype(1, 1, caps.Frame, 0, caps.Page, 1, 2))
	return all
}

// everyOrder runs a scenario with its messages delivered in every order, up to a
// limit, and calls look at the end of each.
func everyOrder(t *testing.T, limit int, begin func() *network, look func(n *network)) (orders int) {
	t.Helper()
	var path, branches []int
	for {
		n := begin()
		for k := 0; ; k++ {
			wires := n.busy()
			if len(wires) == 0 {
				break
			}
			if k == len(path) {
				path, branches = append(path, 0), append(branches, 0)
			}
			branches[k] = len(wires)
			n.deliver(t, wires[path[k]][0], wires[path[k]][1])
		}
		n.rest(t)
		look(n)
		if t.Failed() {
			t.Fatalf("order %v:\n%s", path, n)
		}
		if orders++; orders == limit {
			return orders
		}
		for len(path) > 0 && path[len(path)-1] == branches[len(path)-1]-1 {
			path, branches = path[:len(path)-1], branches[:len(branches)-1]
		}
		if len(path) == 0 {
			return orders
		}
		path[len(path)-1]++
	}
}

// TestTwoRetypes is the second race (figure "problem with using causal order
// delivery"): two kernels retype one object at the same time, and whatever the others
// hear first, one of them succeeds.
func TestTwoRetypes(t *testing.T) {
	orders := everyOrder(t, 20_000, func() *network {
		n := shared(t, 4)
		n.begin(t, 1, caps.Retype(0, 1, caps.Frame, caps.Page, caps.Page, 1, 3))
		n.begin(t, 2, caps.Retype(3, 1, caps.Frame, caps.Page, caps.Page, 1, 3))
		return n
	}, func(n *network) {
		won := 0
		for _, a := range n.calls {
			switch a.result.Status {
			case kernel.StatusOK:
				won++
			case kernel.StatusMismatch:
			default:
				t.Errorf("%s", show(a))
			}
		}
		if won != 1 {
			t.Errorf("%d of two retypes succeeded", won)
		}
	})
	t.Logf("%d orders", orders)
}

// TestRetypeMeetsCopyInFlight: kernel 1 sends its frame to kernel 2, and deletes its
// own when that has arrived, while kernel 0 asks whether it may retype the frame's
// memory: 2 may have answered no before the frame came, and 1 when it was gone. The
// frame was somewhere all the time, so the retype must fail.
func TestRetypeMeetsCopyInFlight(t *testing.T) {
	asks := 0
	orders := everyOrder(t, 20_000, func() *network {
		n := shared(t, 3)
		n.begin(t, 1, caps.Copy(1, 2, 2, 2))
		n.begin(t, 2, caps.Delete(1, 2)) // waits for the copy
		n.begin(t, 3, caps.Retype(0, 1, caps.Frame, 0, caps.Page, 1, 3))
		return n
	}, func(n *network) {
		if s := n.calls[2].result.Status; s != kernel.StatusMismatch {
			t.Errorf("the retype of the frame's memory: %v", s)
		}
		if left := n.left(); left[0] != 1 || left[1] != 1 || left[2] != 2 {
			t.Errorf("there is %v", left)
		}
		asks += n.sent[codeIsOver]
	})
	if t.Logf("%d orders, in %d kernel 2 asked whether the retype was over", orders, asks); asks == 0 {
		t.Error("kernel 2 was never asked before the frame came")
	}
}

// TestRevokeMeetsAll: a revoke beside a retype, a copy, a transfer and a delete of
// what is revoked: in every order that was tried nothing is left but one capability,
// and the answers have an order.
func TestRevokeMeetsAll(t *testing.T) {
	for name, op := range map[string]kernel.Op{
		"retype": caps.Retype(2, 1, caps.Frame, 2*caps.Page, caps.Page, 2, 4), "copy": caps.Copy(1, 2, 2, 2),
		"transfer": caps.Transfer(0, 1, 2), "delete": caps.Delete(0, 1), "revoke": caps.Revoke(2, 1), "revoke below": caps.Revoke(1, 2),
	} {
		t.Run(name, func(t *testing.T) {
			orders := everyOrder(t, 3_000, func() *network {
				n := shared(t, 3)
				n.begin(t, 1, op)
				n.begin(t, 2, caps.Revoke(1, 1)) // kernel 1 does not own it
				n.begin(t, 3, caps.Identify(2, 1))
				return n
			}, func(n *network) {
				total := 0
				for _, k := range n.left() {
					total += k
				}
				if total > 1 && op.Code != caps.CodeRevoke || total == 0 {
					t.Errorf("there is %v", n.left())
				}
				if !explained(append(sharedCalls(3), n.calls...)) {
					t.Error("no order explains the answers")
				}
			})
			t.Logf("%d orders", orders)
		})
	}
}

// TestMessages counts what an operation costs, by the number of kernels.
func TestMessages(t *testing.T) {
	for nodes := 2; nodes <= 16; nodes++ {
		n := newNetwork(nodes)
		count := func(what string, want int, op kernel.Op) {
			t.Helper()
			n.messages()
			n.must(t, op)
			if got := n.messages(); got != want {
				t.Errorf("%d kernels, %s: %d messages, want %d", nodes, what, got, want)
			}
		}
		others := nodes - 1
		last := nodes - 1
		count("create at kernel 0, where memory is given out", 2*others, caps.Create(0, 1, caps.RAM, 0, 64*caps.Page))
		count("create elsewhere", 2*others+2, caps.Create(last, 1, caps.RAM, 1<<20, caps.Page))
		count("retype of what never left", 0, caps.Retype(0, 1, caps.RAM, 0, 16*caps.Page, 1, 2))
		count("revoke of it", 0, caps.Revoke(0, 1))
		count("retype of what never left", 0, caps.Retype(0, 1, caps.RAM, 0, 16*caps.Page, 1, 2))
		count("copy by the owner", 2, caps.Copy(0, 2, last, 2))
		count("retype at the owner", 2*others, caps.Retype(0, 2, caps.Frame, 0, caps.Page, 1, 3))
		count("retype elsewhere", 2*others+2, caps.Retype(last, 2, caps.Frame, caps.Page, caps.Page, 1, 3))
		count("delete of one of several", 0, caps.Delete(0, 3))
		count("revoke at the owner", 4*others, caps.Revoke(0, 2))
		for to := 1; to < nodes; to++ {
			count("copy by the owner", 2, caps.Copy(0, 2, to, 2))
		}
		count("transfer", 3+2*(nodes-2), caps.Transfer(0, 2, last))
		count("revoke elsewhere, which then is the owner", 4*others, caps.Revoke(0, 2))
	}
}

package capability

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// request is what a caller wants of an object's owner.
type request struct {
	what   kernel.Code
	from   int    // the caller's kernel
	number uint64 // of the call there
	a, b   uint64 // memory from, to; space and slot; slot; space
}

// task is what the owner of an object is at: one thing at a time, the rest waits in
// the object's queue.
type task struct {
	request
	waiting uint64 // kernels that have yet to say something
	to      int    // who gets a copy, or the ownership
}

func (m *Monitor) requested(w *[6]uint64) error {
	o := m.objects[w[0]]
	if o == nil || !o.mine && !o.coming {
		return fmt.Errorf("%w: node %d does not own object %#x", ErrBadMessage, m.node, w[0])
	}
	from, number := callerOf(w[1])
	m.admit(o, request{what: kernel.Code(w[2]), from: from, number: number, a: w[3], b: w[4]})
	return nil
}

// admit does what is requested of an object, when it is its turn. Under a mark there
// are no turns: the revoke waits for the caller's capability, so the caller must not
// wait for the revoke.
func (m *Monitor) admit(o *object, r request) {
	if m.covered(o.id, o.Region) {
		m.reply(r, refused, 0)
		return
	}
	o.queue = append(o.queue, r)
	m.next(o)
}

// next starts what is next in an object's queue.
func (m *Monitor) next(o *object) {
	for o.mine && o.task == nil && len(o.queue) > 0 {
		r := o.queue[0]
		o.queue = o.queue[1:]
		o.task = &task{request: r}
		switch r.what {
		case caps.CodeCreate, caps.CodeRetype:
			m.check(o)
		case caps.CodeCopy:
			m.copyTo(o)
		case caps.CodeDelete:
			m.deleteLast(o)
		case caps.CodeRevoke:
			m.revoke(o)
		case caps.CodeTransfer:
			m.transfer(o)
		default:
			m.end(o, kernel.StatusInvalid, 0)
		}
	}
}

// end ends what the owner was at.
func (m *Monitor) end(o *object, s kernel.Status, value uint64) {
	t := o.task
	o.task = nil
	m.reply(t.request, s, value)
	m.stirred = true
	m.next(o)
}

// reply answers a caller. One here is answered at once: what a check let pass is made
// before anything else.
func (m *Monitor) reply(r request, s kernel.Status, value uint64) {
	if r.from != m.node {
		m.tell(r.from, codeReply, r.number, uint64(s), value)
		return
	}
	if err := m.replied(r.number, s, value); err != nil {
		panic(err) // of this kernel alone
	}
}

// refuseQueue refuses all that waits for an object that came under a mark.
func (m *Monitor) refuseQueue(o *object) {
	queue := o.queue
	o.queue = nil
	for _, r := range queue {
		m.reply(r, refused, 0)
	}
}

// at returns an object that this kernel is at a task of.
func (m *Monitor) atTask(id uint64, from int, what ...kernel.Code) (*object, error) {
	o := m.objects[id]
	if o != nil && o.task != nil {
		for _, c := range what {
			if o.task.what == c {
				return o, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: node %d is at nothing that node %d could speak of, object %#x", ErrBadMessage, m.node, from, id)
}

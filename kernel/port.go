package kernel

import "errors"

// MaxWindow is the largest number of operations a Port can have outstanding.
const MaxWindow = 256

// ErrStopped is the error of a call on a machine that has stopped or is
// stopping: whether the operation was executed is not known.
var ErrStopped = errors.New("the machine has stopped: outcome unknown")

// Port is one thread's way into a machine: a window of operations. The thread
// fills Ops()[i], calls Start(i), and collects finished operations with Next,
// which names the place whose result is ready. Operations outstanding at the
// same time are concurrent: a structure may execute them in any order.
//
//	ops, results := p.Ops(), p.Results()
//	ops[0] = kv.Put(7, 42)
//	p.Start(0)
//	i, err := p.Next()       // i == 0
//	use(results[i])          // valid until Start(0)
//
// A Port belongs to one thread. All structures batch what they are given: to
// start several operations before the first Next is what makes a window.
type Port interface {
	// Ops and Results return the window: the same slices at every call.
	Ops() []Op
	Results() []Result
	// Start starts the operation at place i, which must not be outstanding. A
	// malformed operation completes with StatusInvalid.
	Start(i int)
	// Next waits until an operation has completed and returns its place. With
	// nothing outstanding it returns -1 and an error. After ErrStopped the port
	// is of no more use.
	Next() (int, error)
	// Close gives up the port's place on its node. Nothing may be outstanding.
	Close() error
}

// ErrIdle is the error of Next on a port with nothing outstanding.
var ErrIdle = errors.New("port: Next with nothing outstanding: call Start first")

// Call executes one operation on a port with nothing outstanding, and waits
// for it. The result is valid until the next use of the port.
func Call(p Port, op Op) (*Result, error) {
	p.Ops()[0] = op
	p.Start(0)
	if _, err := p.Next(); err != nil {
		return nil, err
	}
	return &p.Results()[0], nil
}

// Await executes an operation that may have to wait, on a port with nothing
// outstanding: while the answer is StatusAgain it pauses and asks poll, a query,
// which costs other nodes nothing in NR. It ends with another answer, or with the
// error of pause. The result is valid until the next use of the port.
func Await(p Port, op, poll Op, pause func() error) (*Result, error) {
	for {
		res, err := Call(p, op)
		if err != nil || res.Status != StatusAgain {
			return res, err
		}
		if err := pause(); err != nil {
			return nil, err
		}
		op = poll
	}
}

// NewResults returns n results with room for MaxData bytes each: what a Port
// hands out.
func NewResults(n int) []Result {
	rs := make([]Result, n)
	room := make([]byte, n*MaxData)
	for i := range rs {
		rs[i].Data = room[i*MaxData : i*MaxData : (i+1)*MaxData]
	}
	return rs
}

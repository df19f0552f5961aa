package names

import (
	"encoding/binary"
	"fmt"

	"github.com/nrkern/nrkern/kernel"
)

// The errors of a Client's methods, for errors.Is.
var (
	ErrNotFound = kernel.StatusNotFound.Err()
	ErrExists   = kernel.StatusExists.Err()
	ErrMismatch = kernel.StatusMismatch.Err()
	ErrFull     = kernel.StatusFull.Err()
)

// Client calls the service through a port with nothing outstanding, as a session.
// It belongs to the port's thread. Errors wrap one of the package's errors or the
// port's own.
type Client struct {
	Port kernel.Port
	// Session is who this is: not 0, and nobody else's.
	Session uint64
	// Pause is called between two looks at what is waited for; its error ends the
	// waiting. Nil looks again at once.
	Pause func() error
}

// Set stores a record and returns its version.
func (c Client) Set(name string, value []byte, a Attributes) (version uint64, err error) {
	return c.SetFor(0, Always, 0, name, value, a)
}

// SetFor stores a record in a mode, for the life of a session that is not 0.
func (c Client) SetFor(session uint64, mode Mode, with uint64, name string, value []byte, a Attributes) (version uint64, err error) {
	return c.value(SetFor(session, mode, with, name, value, a))
}

// Delete removes a record, if it has the version; 0 stands for any.
func (c Client) Delete(name string, version uint64) error {
	_, err := c.call(Delete(name, version))
	return err
}

// Get returns a record.
func (c Client) Get(name string) (Record, error) {
	res, err := c.call(Get(name))
	if err != nil {
		return Record{}, err
	}
	return DecodeRecord(res)
}

// Wait waits for a record later than a version; 0 stands for any record.
func (c Client) Wait(name string, version uint64) (Record, error) {
	op := Wait(name, version)
	res, err := c.await(op, op)
	if err != nil {
		return Record{}, err
	}
	return DecodeRecord(res)
}

// List returns all names that match a pattern and all conditions, a page after the
// other: each is of one instant, not all of them.
func (c Client) List(pattern string, where ...Condition) (all []string, err error) {
	for after := ""; ; after = all[len(all)-1] {
		res, err := c.call(List(pattern, after, MaxPage, where...))
		if err != nil {
			return all, err
		}
		page, err := DecodeNames(res.Data)
		all = append(all, page...)
		if err != nil || len(page) < MaxPage {
			return all, err
		}
	}
}

// Lock waits for a lock and returns the fencing token. Who gives up waiting has to
// Unlock, to leave the queue.
func (c Client) Lock(name string) (token uint64, err error) {
	res, err := c.await(Lock(name, c.Session), Locked(name, c.Session))
	if err != nil {
		return 0, err
	}
	return res.Value, nil
}

// TryLock takes a lock if nobody has it; else the error is ErrExists.
func (c Client) TryLock(name string) (token uint64, err error) {
	return c.value(TryLock(name, c.Session))
}

// Unlock gives a lock up, or the place in its queue.
func (c Client) Unlock(name string) error {
	_, err := c.call(Unlock(name, c.Session))
	return err
}

// Barrier waits until n sessions have come. Who gives up waiting has to Leave.
func (c Client) Barrier(name string, n uint64) error {
	res, err := kernel.Call(c.Port, Enter(name, c.Session, n))
	if err != nil {
		return err
	}
	if res.Status != kernel.StatusAgain {
		return failure(Enter(name, c.Session, n), res)
	}
	ticket := res.Value
	if c.Pause != nil {
		if err := c.Pause(); err != nil {
			return err
		}
	}
	poll := Entered(name, c.Session, ticket)
	_, err = c.await(poll, poll)
	return err
}

// Leave goes away from a barrier.
func (c Client) Leave(name string) error {
	_, err := c.call(Leave(name, c.Session))
	return err
}

// Subscribe opens a mailbox at a topic; size 0 stands for DefaultMailbox.
func (c Client) Subscribe(name string, size uint64) error {
	_, err := c.call(Subscribe(name, c.Session, size))
	return err
}

// Unsubscribe closes it.
func (c Client) Unsubscribe(name string) error {
	_, err := c.call(Unsubscribe(name, c.Session))
	return err
}

// Publish puts a message into all mailboxes of a topic, and says into how many.
func (c Client) Publish(name string, text []byte) (mailboxes uint64, err error) {
	return c.value(Publish(name, text))
}

// Receive waits for the first message after the one of a number, and forgets those
// up to that.
func (c Client) Receive(name string, after uint64) (Message, error) {
	res, err := c.await(Receive(name, c.Session, after), Peek(name, c.Session, after))
	if err != nil {
		return Message{}, err
	}
	return DecodeMessage(res)
}

// Holder says which session has a lock, and how many wait.
func (c Client) Holder(name string) (session, waiting uint64, err error) {
	res, err := c.call(Holder(name))
	if err != nil {
		return 0, 0, err
	}
	if len(res.Data) != 16 {
		return 0, 0, fmt.Errorf("names holder %q: the answer is not one of this version of names", name)
	}
	return res.Value, binary.LittleEndian.Uint64(res.Data[8:]), nil
}

// Expire lets go of all that the sessions from first to last have, and says of how
// much.
func (c Client) Expire(first, last uint64) (n uint64, err error) {
	return c.value(Expire(first, last))
}

func (c Client) value(op kernel.Op) (uint64, error) {
	res, err := c.call(op)
	if err != nil {
		return 0, err
	}
	return res.Value, nil
}

func (c Client) await(op, poll kernel.Op) (*kernel.Result, error) {
	pause := c.Pause
	if pause == nil {
		pause = func() error { return nil }
	}
	res, err := kernel.Await(c.Port, op, poll, pause)
	if err != nil {
		return nil, fmt.Errorf("names %s %q: %w", Called(op.Code), nameOf(&op), err)
	}
	return res, failure(op, res)
}

func (c Client) call(op kernel.Op) (*kernel.Result, error) {
	res, err := kernel.Call(c.Port, op)
	if err != nil {
		return nil, fmt.Errorf("names %s %q: %w", Called(op.Code), nameOf(&op), err)
	}
	return res, failure(op, res)
}

// failure is the error of a status, which says what is known.
func failure(op kernel.Op, res *kernel.Result) error {
	if err := res.Status.Err(); err != nil {
		return fmt.Errorf("names %s: %s: %w", Called(op.Code), Format(&op, res), err)
	}
	return nil
}

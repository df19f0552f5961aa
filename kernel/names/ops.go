package names

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/nrkern/nrkern/kernel"
)

// ID is the service's number in the table of services.
const ID kernel.ServiceID = 2

// The operations. All but set, publish, list, count and expire have the name in
// Data and nothing else; those of a session have it in Args[0].
const (
	CodeSet         kernel.Code = 1 // Args: session, what Mode compares with, Mode; Data: a named record
	CodeDelete      kernel.Code = 2 // Args[1]: the version, 0 for any
	CodeLock        kernel.Code = 3 // Args[1]: 1 to try only
	CodeUnlock      kernel.Code = 4
	CodeEnter       kernel.Code = 5 // Args[1]: how many have to come
	CodeLeave       kernel.Code = 6
	CodeSubscribe   kernel.Code = 7 // Args[1]: the size of the mailbox
	CodeUnsubscribe kernel.Code = 8
	CodePublish     kernel.Code = 9  // Data: name, message
	CodeReceive     kernel.Code = 10 // Args[1]: the number of the last message that was received
	CodeExpire      kernel.Code = 11 // Args: the first session and the last

	CodeGet     = kernel.QueryBit | 1
	CodeWait    = kernel.QueryBit | 2 // Args[1]: the version that is known
	CodeList    = kernel.QueryBit | 3 // Args[0]: at most so many; Data: see List
	CodeCount   = kernel.QueryBit | 4
	CodeLocked  = kernel.QueryBit | 5
	CodeHolder  = kernel.QueryBit | 6
	CodeEntered = kernel.QueryBit | 7 // Args[1]: the ticket
	CodePeek    = kernel.QueryBit | 8 // as receive
)

// Limits of operations: see the package's documentation.
const (
	MaxName        = 63
	MaxValue       = 512
	MaxMessage     = 512
	MaxAttributes  = 8
	MaxKey         = 24
	MaxAttribute   = 48
	MaxWaiting     = 64
	MaxBarrier     = 256
	MaxMailboxes   = 64
	MaxMailbox     = 64
	DefaultMailbox = 16
	MaxPage        = 15
)

// Mode says when a set sets.
type Mode uint64

// The modes.
const (
	Always    Mode = iota
	IfNew          // else exists, Value: the version
	IfVersion      // the record has this version; else mismatch, Value: the version, or not found
	Fenced         // no later fencing token has set the record; else mismatch, Value: that token
)

// Attributes are what is said of a name besides its value.
type Attributes map[string]string

// Set stores a record that stays until it is deleted.
func Set(name string, value []byte, a Attributes) kernel.Op {
	return SetFor(0, Always, 0, name, value, a)
}

// SetFor stores a record that ends with a session (0: with none), in a mode that
// compares with a version or a token.
func SetFor(session uint64, mode Mode, with uint64, name string, value []byte, a Attributes) kernel.Op {
	op := of(CodeSet, session, with, uint64(mode))
	op.Data = appendName(nil, name)
	op.Data = binary.LittleEndian.AppendUint16(op.Data, uint16(len(value)))
	op.Data = append(op.Data, value...)
	for _, key := range slices.Sorted(maps.Keys(a)) {
		op.Data = appendName(appendName(op.Data, key), a[key])
	}
	return op
}

// Delete removes a record, if it has the version; 0 stands for any.
func Delete(name string, version uint64) kernel.Op { return named(CodeDelete, name, 0, version) }

// Get reads a record.
func Get(name string) kernel.Op { return named(CodeGet, name, 0, 0) }

// Wait reads a record that is later than a version; 0 stands for any record.
func Wait(name string, version uint64) kernel.Op { return named(CodeWait, name, 0, version) }

// List reads up to limit names (at most MaxPage) after one, in order, that match a
// pattern and all conditions.
func List(pattern, after string, limit int, where ...Condition) kernel.Op {
	op := of(CodeList, uint64(limit), 0, 0)
	op.Data = appendName(appendName(nil, pattern), after)
	for _, c := range where {
		op.Data = appendName(appendName(append(op.Data, byte(c.Is)), c.Key), c.Value)
	}
	return op
}

// Count counts the names that have anything.
func Count() kernel.Op { return of(CodeCount, 0, 0, 0) }

// Lock takes a lock, or a place in its queue.
func Lock(name string, session uint64) kernel.Op { return named(CodeLock, name, session, 0) }

// TryLock takes a lock if nobody has it.
func TryLock(name string, session uint64) kernel.Op { return named(CodeLock, name, session, 1) }

// Locked asks whether a session that waits for a lock has it.
func Locked(name string, session uint64) kernel.Op { return named(CodeLocked, name, session, 0) }

// Holder asks who has a lock.
func Holder(name string) kernel.Op { return named(CodeHolder, name, 0, 0) }

// Unlock gives a lock up, or the place in its queue.
func Unlock(name string, session uint64) kernel.Op { return named(CodeUnlock, name, session, 0) }

// Enter comes to a barrier of n sessions.
func Enter(name string, session, n uint64) kernel.Op { return named(CodeEnter, name, session, n) }

// Entered asks whether all came to the barrier that gave a ticket.
func Entered(name string, session, ticket uint64) kernel.Op {
	return named(CodeEntered, name, session, ticket)
}

// Leave goes away from a barrier that not all have come to.
func Leave(name string, session uint64) kernel.Op { return named(CodeLeave, name, session, 0) }

// Subscribe opens a mailbox of so many messages at a topic; 0 stands for
// DefaultMailbox.
func Subscribe(name string, session, size uint64) kernel.Op {
	return named(CodeSubscribe, name, session, size)
}

// Unsubscribe closes it.
func Unsubscribe(name string, session uint64) kernel.Op {
	return named(CodeUnsubscribe, name, session, 0)
}

// Publish puts a message into all mailboxes of a topic.
func Publish(name string, message []byte) kernel.Op {
	op := of(CodePublish, 0, 0, 0)
	op.Data = append(appendName(nil, name), message...)
	return op
}

// Peek reads the first message of a mailbox after the one of a number.
func Peek(name string, session, after uint64) kernel.Op {
	return named(CodePeek, name, session, after)
}

// Receive is Peek that forgets the messages up to that number.
func Receive(name string, session, after uint64) kernel.Op {
	return named(CodeReceive, name, session, after)
}

// Expire lets go of all that the sessions from first to last have.
func Expire(first, last uint64) kernel.Op { return of(CodeExpire, first, last, 0) }

func of(c kernel.Code, a, b, d uint64) kernel.Op {
	return kernel.Op{Service: ID, Code: c, Args: [kernel.MaxArgs]uint64{a, b, d}}
}

func named(c kernel.Code, name string, a, b uint64) kernel.Op {
	op := of(c, a, b, 0)
	op.Data = []byte(name)
	return op
}

// Called names an operation: what a trace shows.
func Called(c kernel.Code) string {
	switch c {
	case CodeSet:
		return "set"
	case CodeDelete:
		return "del"
	case CodeLock:
		return "lock"
	case CodeUnlock:
		return "unlock"
	case CodeEnter:
		return "enter"
	case CodeLeave:
		return "leave"
	case CodeSubscribe:
		return "subscribe"
	case CodeUnsubscribe:
		return "unsubscribe"
	case CodePublish:
		return "publish"
	case CodeReceive:
		return "receive"
	case CodeExpire:
		return "expire"
	case CodeGet:
		return "get"
	case CodeWait:
		return "wait"
	case CodeList:
		return "list"
	case CodeCount:
		return "count"
	case CodeLocked:
		return "locked"
	case CodeHolder:
		return "holder"
	case CodeEntered:
		return "entered"
	case CodePeek:
		return "peek"
	}
	return ""
}

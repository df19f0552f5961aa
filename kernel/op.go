package kernel

import "fmt"

const (
	// MaxArgs is the number of argument words of an operation.
	MaxArgs = 6
	// MaxData is the largest byte string an operation or a result carries in
	// its record, in bytes. Larger ones go through bulk buffers.
	MaxData = 1024
)

// Code names an operation within its service. Codes with QueryBit set do not
// change state: NR answers them from the local replica.
type Code uint8

// QueryBit marks the codes of operations that only read.
const QueryBit Code = 0x80

// IsQuery reports whether the operation only reads.
func (c Code) IsQuery() bool { return c&QueryBit != 0 }

// ServiceID is the number of a service in the Table. Zero is no service.
type ServiceID uint8

// Op is an operation: what a client asks a service to do.
type Op struct {
	Service ServiceID
	Code    Code
	Args    [MaxArgs]uint64
	// Data is at most MaxData bytes. It belongs to the client until the
	// operation has completed, and to nobody after: a service that keeps bytes
	// copies them.
	Data []byte
}

// Result is what a service answered.
type Result struct {
	Status Status
	Value  uint64
	// Data is at most MaxData bytes. A service appends to Data[:0], whose
	// capacity the structure provides, and never keeps it.
	Data []byte
}

// Reset clears the result for the next operation and keeps Data's capacity.
func (r *Result) Reset() {
	r.Status, r.Value, r.Data = StatusOK, 0, r.Data[:0]
}

// Status says how a service judged an operation. It is part of the result and
// so the same on every replica.
type Status uint32

// The statuses that all services share. A service may not answer others, nor
// StatusUnsupported and StatusLost: those are the structures'.
const (
	StatusOK          Status = iota
	StatusNotFound           // the thing named is not there
	StatusExists             // the thing named is there already
	StatusMismatch           // a comparison failed; Value holds what was found
	StatusWrongType          // the thing named holds another kind of value
	StatusFull               // a limit of the service is reached
	StatusInvalid            // the operation is malformed or out of range
	StatusUnsupported        // this structure cannot do this operation
	StatusLost               // it was executed, and its answer is lost with the replica that asked
	StatusAgain              // what it waits for has not come: see Await
)

var statusNames = [...]string{
	"ok", "not found", "exists", "mismatch", "wrong type", "full", "invalid", "unsupported", "answer lost", "not yet",
}

// String returns the status in words.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status %d", uint32(s))
}

// Err returns nil for StatusOK and a *StatusError otherwise.
func (s Status) Err() error {
	if s == StatusOK {
		return nil
	}
	return &StatusError{Status: s}
}

// StatusError is the error of a result that is not StatusOK.
type StatusError struct{ Status Status }

// Error returns the status in words.
func (e *StatusError) Error() string { return e.Status.String() }

// Is makes errors.Is compare statuses.
func (e *StatusError) Is(target error) bool {
	t, ok := target.(*StatusError)
	return ok && t.Status == e.Status
}

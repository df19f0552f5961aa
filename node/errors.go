package node

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/numa"
)

// What can go wrong, for errors.Is. They survive the control socket: an error
// that a Client returns is the sentinel that the supervisor had.
var (
	// ErrUsage says that a configuration or a request is wrong by itself: an
	// unknown mode, a node that is not there, a window of 0.
	ErrUsage = errors.New("bad request")
	// ErrNotSupported says that this Linux, or this structure, cannot do it.
	ErrNotSupported = errors.New("not supported here")
	// ErrPermission says that a privilege is missing, or that a run directory
	// is somebody else's.
	ErrPermission = errors.New("missing permission")
	// ErrAlreadyRunning says that a machine lives in the run directory.
	ErrAlreadyRunning = errors.New("a machine is running there already")
	// ErrNotRunning says that no machine lives in the run directory, or that it
	// died before it answered.
	ErrNotRunning = errors.New("no machine is running there")
	// ErrKernelDied says that a kernel process ended unasked.
	ErrKernelDied = errors.New("a kernel died")
	// ErrStopped says that the machine stopped before it answered: whether the
	// operation was executed is not known.
	ErrStopped = kernel.ErrStopped
	// ErrBusy says that a bench, recording or probe runs already.
	ErrBusy = errors.New("the machine is busy")
	// ErrBoot says that a kernel process did not become ready.
	ErrBoot = errors.New("boot failed")
	// ErrRemoved says that a node was taken out (Member); it is an ErrUsage too, where
	// it did not cross a socket.
	ErrRemoved = errors.New("was removed")
	// ErrVersion says that another version of the program started the machine.
	ErrVersion = errors.New("another version of nrkern")
	// ErrPlacement says that memory or threads are not where they were put.
	ErrPlacement = numa.ErrPlacement
)

// Code is the name of a sentinel on the wire: the field "code" of an error
// that the control socket answers.
type Code string

// sentinels are the codes, the errors they stand for, and the HTTP status they
// travel with. The first that matches an error names it.
var sentinels = []struct {
	code     Code
	sentinel error
	http     int
}{
	{"kernel_died", ErrKernelDied, http.StatusServiceUnavailable},
	{"busy", ErrBusy, http.StatusConflict},
	{"removed", ErrRemoved, http.StatusBadRequest},
	{"usage", ErrUsage, http.StatusBadRequest},
	{"not_supported", ErrNotSupported, http.StatusNotImplemented},
	{"permission", ErrPermission, http.StatusForbidden},
	{"stopped", ErrStopped, http.StatusServiceUnavailable},
	{"not_running", ErrNotRunning, http.StatusServiceUnavailable},
	{"already_running", ErrAlreadyRunning, http.StatusConflict},
	{"version", ErrVersion, http.StatusConflict},
	{"boot", ErrBoot, http.StatusInternalServerError},
	{"placement", ErrPlacement, http.StatusInternalServerError},
	{"shortage", numa.ErrShortage, http.StatusInsufficientStorage},
}

// Failure is an error as it crosses a socket: the text, and the name of the
// sentinel that it wraps.
type Failure struct {
	Text string `json:"error"`
	Code Code   `json:"code"`
}

// Error returns the text.
func (f *Failure) Error() string { return f.Text }

// Is makes errors.Is find the sentinel of the code.
func (f *Failure) Is(target error) bool {
	for _, s := range sentinels {
		if s.code == f.Code {
			return target == s.sentinel
		}
	}
	return false
}

// failureOf prepares an error for the wire; nil stays nil.
func failureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Text: err.Error(), Code: "internal"}
	for _, s := range sentinels {
		if errors.Is(err, s.sentinel) {
			f.Code = s.code
			break
		}
	}
	return f
}

// httpStatus is the status that an error is answered with.
func (f *Failure) httpStatus() int {
	for _, s := range sentinels {
		if s.code == f.Code {
			return s.http
		}
	}
	return http.StatusInternalServerError
}

// err returns the failure as an error; a nil failure is no error.
func (f *Failure) err() error {
	if f == nil {
		return nil
	}
	return f
}

func usagef(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUsage}, args...)...)
}

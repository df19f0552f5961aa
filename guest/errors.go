package guest

import (
	"errors"
	"fmt"
	"strings"
)

// What a boot can come to besides its end. Boot wraps one of them in a
// BootError.
var (
	// ErrPanic says that the guest's kernel panicked.
	ErrPanic = errors.New("the guest's kernel panicked")
	// ErrTimeout says that the time was up before the last command ended.
	ErrTimeout = errors.New("the guest took too long")
	// ErrCutOff says that the machine went off before the last command ended.
	ErrCutOff = errors.New("the guest went off early")
	// ErrInit says that the guest's /init could not do what it was told.
	ErrInit = errors.New("the guest's init failed")
	// ErrOutput says that a command wrote more than MaxOutput.
	ErrOutput = errors.New("too much output")
)

// consoleLines is how much of the console an error shows.
const consoleLines = 30

// BootError says how far a guest came, and what it said last.
type BootError struct {
	// Err wraps one of the errors above, wire.ErrGarbled, or an error of
	// starting QEMU.
	Err error
	// Stage is how far the guest was.
	Stage string
	// Console is what the kernel printed, or the last part of it.
	Console string
	// QEMU is what the emulator itself printed, or the last part of it.
	QEMU string
}

// Error shows the reason, the stage, and the last lines of both.
func (e *BootError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "guest: %s: %v", e.Stage, e.Err)
	if q := strings.TrimSpace(e.QEMU); q != "" {
		fmt.Fprintf(&b, "\nQEMU says:\n%s", lastLines(q, consoleLines))
	}
	if c := strings.TrimSpace(e.Console); c != "" {
		fmt.Fprintf(&b, "\nlast lines of its console:\n%s", lastLines(c, consoleLines))
	} else {
		b.WriteString("\nits console is empty")
	}
	return b.String()
}

// Unwrap returns Err.
func (e *BootError) Unwrap() error { return e.Err }

package guest

import (
	"fmt"
	"time"

	"github.com/nrkern/nrkern/guest/wire"
)

// MaxOutput is the most that one command may write, standard output and error
// together, in bytes.
const MaxOutput = 16 << 20

// Result is what a guest did.
type Result struct {
	// Commands holds one Output for each command that was given, in order.
	Commands []Output
	// About is the guest as its /init found it.
	About wire.About
	// Console is what the kernel printed, or the last part of it.
	Console string
	// ToInit is the time from the start of QEMU to the first word of /init, and
	// Total the time to the end of QEMU, by the host's clock.
	ToInit, Total time.Duration
}

// Output is what one command did.
type Output struct {
	// Args are the program and its arguments.
	Args []string
	// Stdout and Stderr are all that it wrote.
	Stdout, Stderr []byte
	// Ran says that the guest came to this command, and Ended that the command
	// ended. Both are true for all commands when Boot returns no error.
	Ran, Ended bool
	// Exit says how it ended.
	wire.Exit
}

// Err returns nil for a command that ended with exit code 0, and else an error
// that shows how it ended and what it wrote.
func (o Output) Err() error {
	var how string
	switch {
	case !o.Ran:
		how = "did not run"
	case !o.Ended:
		how = "did not end"
	case o.Error != "":
		how = "did not start: " + o.Error
	case o.TimedOut:
		how = "was killed after " + o.Elapsed.Round(time.Millisecond).String()
	case o.Signal != 0:
		how = fmt.Sprintf("was ended by signal %d", o.Signal)
	case o.Code != 0:
		how = fmt.Sprintf("ended with exit code %d", o.Code)
	default:
		return nil
	}
	return fmt.Errorf("guest: %q %s\nstdout:\n%s\nstderr:\n%s", o.Args, how,
		lastLines(string(o.Stdout), consoleLines), lastLines(string(o.Stderr), consoleLines))
}

// Err returns the error of the first command that has one.
func (r Result) Err() error {
	for _, o := range r.Commands {
		if err := o.Err(); err != nil {
			return err
		}
	}
	return nil
}

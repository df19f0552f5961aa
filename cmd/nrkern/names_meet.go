package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/names"
	"github.com/nrkern/nrkern/node"
)

func newNamesLock(s *session) *cobra.Command {
	var f namesFlags
	var try bool
	cmd := namesCommand("lock NAME [-- COMMAND [ARG]...]", "Wait for a lock, and hold it while a command runs", &f, func(cmd *cobra.Command, args []string) error {
		var command []string
		if at := cmd.ArgsLenAtDash(); at >= 0 {
			args, command = args[:at], args[at:]
		}
		if cmd.ArgsLenAtDash() >= 0 && len(command) == 0 {
			return &usageError{text: "names lock: a command is missing after --", command: cmd.CommandPath()}
		}
		ask := func(session uint64) []string {
			name := "lock"
			if try {
				name = "trylock"
			}
			return words(name, args, number("session", session)...)
		}
		if _, err := parseNames(cmd, ask(max(f.session, 1))); err != nil {
			return err
		}
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		to := caller{c, f.at}
		if command == nil {
			a, err := to.lock(cmd.Context(), f.timeout, ask(f.session), args[0], f.session)
			if err != nil {
				return err
			}
			return printAnswer(s, a)
		}
		return c.Session(cmd.Context(), func(ctx context.Context, own node.SessionInfo) error {
			a, err := to.lock(ctx, f.timeout, ask(own.Session), args[0], own.Session)
			switch {
			case err != nil:
				return err
			case a.Status != kernel.StatusOK:
				return &exitedError{status: exitFailure, text: a.Text}
			}
			// The session's end would let go of it too, some time after we have ended.
			return join(runLocked(ctx, command, own.Session, a.Value), to.last(ctx, append([]string{"unlock", args[0]}, number("session", own.Session)...)...))
		})
	})
	cmd.Flags().BoolVar(&try, "try", false, "do not wait")
	takesSession(cmd, &f, "who is to have it (default the shell)", shell())
	waits(cmd, &f)
	return cmd
}

// lock waits for a lock. Who gives up waiting leaves the queue.
func (c caller) lock(ctx context.Context, timeout time.Duration, words []string, name string, session uint64) (*node.SysAnswer, error) {
	poll := append([]string{"locked", name}, number("session", session)...)
	a, err := c.await(ctx, timeout, words, again(poll))
	if err == nil {
		return a, nil
	}
	return nil, join(err, c.last(ctx, append([]string{"unlock", name}, number("session", session)...)...))
}

// last makes a call that is made though all is over.
func (c caller) last(ctx context.Context, words ...string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := c.ask(ctx, words...)
	if errors.Is(err, node.ErrNotRunning) {
		return nil // and all that there was
	}
	return err
}

// runLocked runs a command, which finds its session and its fencing token in the
// environment, and ends with its exit status.
func runLocked(ctx context.Context, command []string, session, token uint64) error {
	run := exec.CommandContext(ctx, command[0], command[1:]...)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
	run.Env = append(os.Environ(), "NRKERN_SESSION="+strconv.FormatUint(session, 10), "NRKERN_TOKEN="+strconv.FormatUint(token, 10))
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	run.WaitDelay = 10 * time.Second
	err := run.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &exit) && exit.Exited():
		return &exitedError{status: exit.ExitCode()}
	case err != nil:
		return fmt.Errorf("run %s: %w", command[0], err)
	}
	return nil
}

func newNamesBarrier(s *session) *cobra.Command {
	var f namesFlags
	cmd := namesCommand("barrier NAME COUNT", "Wait until so many have come", &f, func(cmd *cobra.Command, args []string) error {
		enter := func(session uint64) []string { return words("enter", args, number("session", session)...) }
		if _, err := parseNames(cmd, enter(1)); err != nil {
			return err
		}
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		return c.Session(cmd.Context(), func(ctx context.Context, own node.SessionInfo) error {
			me := number("session", own.Session)
			a, err := caller{c, f.at}.await(ctx, f.timeout, enter(own.Session), func(a *node.SysAnswer) []string {
				return append([]string{"entered", args[0], "ticket", strconv.FormatUint(a.Value, 10)}, me...)
			})
			if err != nil {
				return err
			}
			return printAnswer(s, a)
		})
	})
	waits(cmd, &f)
	return cmd
}

func newNamesSubscribe(s *session) *cobra.Command {
	var f namesFlags
	var count, size uint64
	cmd := namesCommand("subscribe NAME", "Show the messages of a topic as they come", &f, func(cmd *cobra.Command, args []string) error {
		open := func(session uint64) []string {
			return words("subscribe", args, append(number("session", session), number("size", size)...)...)
		}
		if _, err := parseNames(cmd, open(1)); err != nil {
			return err
		}
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		return c.Session(cmd.Context(), func(ctx context.Context, own node.SessionInfo) error {
			me, to := number("session", own.Session), caller{c, f.at}
			a, err := to.ask(ctx, open(own.Session)...)
			if err != nil {
				return err
			}
			if a.Status != kernel.StatusOK {
				return &exitedError{status: exitFailure, text: a.Text}
			}
			s.log.Info("subscribed to " + args[0])
			return join(s.messages(ctx, to, args[0], me, count, f.timeout), to.last(ctx, append([]string{"unsubscribe", args[0]}, me...)...))
		})
	})
	cmd.Flags().Uint64Var(&count, "count", 0, "end after so many; 0 for never")
	cmd.Flags().Uint64Var(&size, "size", 0, fmt.Sprintf("messages that wait for this reader at most (default %d)", names.DefaultMailbox))
	complete(cmd, "count")
	complete(cmd, "size")
	waits(cmd, &f)
	return cmd
}

// messageRow is one message of `nrkern names subscribe`.
type messageRow struct {
	Number uint64 `json:"number"`
	Lost   uint64 `json:"lost"`
	Text   string `json:"text"`
}

// messages prints messages as they come.
func (s *session) messages(ctx context.Context, c caller, topic string, me []string, count uint64, timeout time.Duration) error {
	after, told := uint64(0), uint64(0)
	for n := uint64(0); count == 0 || n < count; n++ {
		from := append(number("after", after), me...)
		a, err := c.await(ctx, timeout, append([]string{"receive", topic}, from...), again(append([]string{"peek", topic}, from...)))
		if err != nil {
			return err
		}
		m, err := names.DecodeMessage(&kernel.Result{Value: a.Value, Data: a.Data})
		if err != nil || a.Status != kernel.StatusOK {
			return errors.Join(fmt.Errorf("receive: %s", a.Text), err)
		}
		if after = m.Number; m.Lost > told {
			s.log.Warn(fmt.Sprintf("%d messages were lost: the mailbox was full; give it more with --size", m.Lost-told))
			told = m.Lost
		}
		row := messageRow{m.Number, m.Lost, string(m.Text)}
		if err := s.print(result{
			data:  row,
			table: func(w io.Writer) error { _, err := fmt.Fprintln(w, row.Text); return err },
			csv: func() [][]string {
				line := []string{strconv.FormatUint(row.Number, 10), strconv.FormatUint(row.Lost, 10), row.Text}
				if n > 0 {
					return [][]string{line}
				}
				return [][]string{{"number", "lost", "text"}, line}
			},
		}); err != nil {
			return err
		}
	}
	return nil
}

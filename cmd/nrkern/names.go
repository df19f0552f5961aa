package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/names"
	"github.com/nrkern/nrkern/node"
)

// namesFlags are the flags that commands of the name service share.
type namesFlags struct {
	at      int
	session uint64
	timeout time.Duration
}

func newNames(s *session) *cobra.Command {
	cmd := group("names", "Name things, wait for names, lock, meet and publish", `The name service of the running machine, at the node that --node names: names with
a value and attributes, and locks, barriers and topics by name. What waits, waits
until it has come, --timeout is over, or it is interrupted.

A session is who locks. The shell that calls is one, by its process number, so
that a script locks and unlocks; --session names another. With a COMMAND lock holds
the lock while the command runs, in a session that ends with nrkern, even if that
is killed; barrier and subscribe have such a session always.`)
	cmd.Example = `  nrkern names set serial.0 'node 1' speed=115200
  nrkern names get serial.0 --node 1
  nrkern names list 'serial.*' 'speed>=9600'
  nrkern names wait serial.1 --timeout 10s
  nrkern names lock build -- make
  nrkern names barrier start 3
  nrkern names subscribe news & nrkern names publish news hello`
	cmd.AddCommand(newNamesSet(s), newNamesGet(s), newNamesWait(s), newNamesDelete(s), newNamesList(s),
		newNamesLock(s), newNamesUnlock(s), newNamesHolder(s), newNamesBarrier(s), newNamesPublish(s), newNamesSubscribe(s), newNamesExpire(s))
	return cmd
}

// namesCommand returns a command of the name service, with the flags that all have.
func namesCommand(use, short string, f *namesFlags, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: run, ValidArgsFunction: cobra.NoFileCompletions}
	cmd.Flags().IntVar(&f.at, "node", 0, "the node that makes the call")
	complete(cmd, "node")
	return cmd
}

// takesSession adds the flag for a session.
func takesSession(cmd *cobra.Command, f *namesFlags, usage string, value uint64) {
	cmd.Flags().Uint64Var(&f.session, "session", value, usage)
	complete(cmd, "session")
}

// waits adds the flag of those that wait.
func waits(cmd *cobra.Command, f *namesFlags) {
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "wait so long at most; 0 for ever")
	complete(cmd, "timeout")
}

// shell is the session of the shell that called.
func shell() uint64 { return uint64(os.Getppid()) }

// parseNames judges words that are wrong by themselves before a machine is asked.
func parseNames(cmd *cobra.Command, words []string) (kernel.Op, error) {
	op, err := names.Parse(words)
	if err != nil {
		return op, &usageError{text: strings.TrimPrefix(err.Error(), names.ErrUsage.Error()+": "), command: cmd.CommandPath()}
	}
	return op, nil
}

// namesCall makes one call and prints its answer.
func namesCall(s *session, cmd *cobra.Command, f *namesFlags, words ...string) error {
	if _, err := parseNames(cmd, words); err != nil {
		return err
	}
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	a, err := c.Sys(cmd.Context(), node.SysRequest{Node: f.at, Service: "names", Words: words})
	if err != nil {
		return err
	}
	return printAnswer(s, a)
}

// words writes an operation; numbers follow operands only, lest one be taken for an
// operand that is missing.
func words(operation string, args []string, numbers ...string) []string {
	all := append([]string{operation}, args...)
	if len(args) > 0 {
		all = append(all, numbers...)
	}
	return all
}

// number writes a number as an operand after its name, or nothing if it is 0.
func number(name string, n uint64) []string {
	if n == 0 {
		return nil
	}
	return []string{name, strconv.FormatUint(n, 10)}
}

func newNamesSet(s *session) *cobra.Command {
	var f namesFlags
	var version, fence uint64
	var fresh bool
	cmd := namesCommand("set NAME VALUE [KEY=VALUE]...", "Store a value and attributes under a name", &f, func(cmd *cobra.Command, args []string) error {
		how := number("session", f.session)
		if fresh {
			how = append(how, "new")
		}
		for name, n := range map[string]uint64{"version": version, "fence": fence} {
			if cmd.Flags().Changed(name) {
				how = append(how, name, strconv.FormatUint(n, 10))
			}
		}
		return namesCall(s, cmd, &f, words("set", args, how...)...)
	})
	cmd.Flags().BoolVar(&fresh, "new", false, "only if the name has no record")
	cmd.Flags().Uint64Var(&version, "version", 0, "only if the record has this version")
	cmd.Flags().Uint64Var(&fence, "fence", 0, "only if no later fencing token has set it")
	takesSession(cmd, &f, "until this session ends; 0 for ever", 0)
	complete(cmd, "version")
	complete(cmd, "fence")
	return cmd
}

func newNamesGet(s *session) *cobra.Command {
	var f namesFlags
	return namesCommand("get NAME", "Show a record", &f, func(cmd *cobra.Command, args []string) error {
		return namesCall(s, cmd, &f, words("get", args)...)
	})
}

func newNamesDelete(s *session) *cobra.Command {
	var f namesFlags
	var version uint64
	cmd := namesCommand("delete NAME", "Remove a record", &f, func(cmd *cobra.Command, args []string) error {
		return namesCall(s, cmd, &f, words("del", args, number("version", version)...)...)
	})
	cmd.Flags().Uint64Var(&version, "version", 0, "only if it has this version")
	complete(cmd, "version")
	return cmd
}

func newNamesHolder(s *session) *cobra.Command {
	var f namesFlags
	return namesCommand("holder NAME", "Show who has a lock", &f, func(cmd *cobra.Command, args []string) error {
		return namesCall(s, cmd, &f, words("holder", args)...)
	})
}

func newNamesUnlock(s *session) *cobra.Command {
	var f namesFlags
	cmd := namesCommand("unlock NAME", "Give a lock up, or the place in its queue", &f, func(cmd *cobra.Command, args []string) error {
		return namesCall(s, cmd, &f, words("unlock", args, number("session", f.session)...)...)
	})
	takesSession(cmd, &f, "who has it (default the shell)", shell())
	return cmd
}

func newNamesPublish(s *session) *cobra.Command {
	var f namesFlags
	return namesCommand("publish NAME TEXT", "Put a message into all mailboxes of a topic", &f, func(cmd *cobra.Command, args []string) error {
		return namesCall(s, cmd, &f, words("publish", args)...)
	})
}

func newNamesExpire(s *session) *cobra.Command {
	var f namesFlags
	return namesCommand("expire SESSION [LAST]", "Let go of all that a session has", &f, func(cmd *cobra.Command, args []string) error {
		return namesCall(s, cmd, &f, words("expire", args)...)
	})
}

// errTimeout is the error of a wait that was too long.
var errTimeout = errors.New("timeout")

// caller makes calls at a node.
type caller struct {
	*node.Client
	at int
}

// ask makes one call.
func (c caller) ask(ctx context.Context, words ...string) (*node.SysAnswer, error) {
	return c.Sys(ctx, node.SysRequest{Node: c.at, Service: "names", Words: words})
}

// await makes a call, and then asks poll of what that answered, while the answer is
// "not yet".
func (c caller) await(ctx context.Context, timeout time.Duration, first []string, poll func(*node.SysAnswer) []string) (*node.SysAnswer, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errTimeout)
		defer cancel()
	}
	const longest = 20 * time.Millisecond
	words := first
	for pause := 200 * time.Microsecond; ; pause = min(2*pause, longest) {
		a, err := c.ask(ctx, words...)
		if err != nil || a.Status != kernel.StatusAgain {
			return a, c.overdue(ctx, err, timeout, first)
		}
		words = poll(a)
		select {
		case <-ctx.Done():
			return a, c.overdue(ctx, context.Cause(ctx), timeout, first)
		case <-time.After(pause):
		}
	}
}

// overdue words the error of a wait that was too long.
func (c caller) overdue(ctx context.Context, err error, timeout time.Duration, words []string) error {
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%s: not yet after %v: wait longer with --timeout, or ask who keeps it (names holder, names list)", strings.Join(words[:2], " "), timeout)
	}
	return err
}

// again returns a poll that is the same words each time.
func again(words []string) func(*node.SysAnswer) []string {
	return func(*node.SysAnswer) []string { return words }
}

func newNamesWait(s *session) *cobra.Command {
	var f namesFlags
	var version uint64
	cmd := namesCommand("wait NAME", "Wait for a record, and show it", &f, func(cmd *cobra.Command, args []string) error {
		ask := words("wait", args, number("version", version)...)
		if _, err := parseNames(cmd, ask); err != nil {
			return err
		}
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		a, err := caller{c, f.at}.await(cmd.Context(), f.timeout, ask, again(ask))
		if err != nil {
			return err
		}
		return printAnswer(s, a)
	})
	cmd.Flags().Uint64Var(&version, "version", 0, "one that is later than this version")
	complete(cmd, "version")
	waits(cmd, &f)
	return cmd
}

// nameRow is a line of `nrkern names list`.
type nameRow struct {
	Name       string           `json:"name"`
	Value      string           `json:"value"`
	Attributes names.Attributes `json:"attributes"`
	Version    uint64           `json:"version"`
}

func newNamesList(s *session) *cobra.Command {
	var f namesFlags
	return namesCommand("list [PATTERN] [CONDITION]...", "Show the records whose names match", &f, func(cmd *cobra.Command, args []string) error {
		if _, err := parseNames(cmd, append([]string{"list"}, args...)); err != nil {
			return err
		}
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		rows, err := listNames(cmd.Context(), caller{c, f.at}, args)
		if err != nil {
			return err
		}
		return s.print(result{
			data: map[string]any{"node": f.at, "names": rows},
			table: func(w io.Writer) error {
				g := newGrid("l")
				for _, r := range rows {
					g.add(r.Name, names.Record{Version: r.Version, Value: []byte(r.Value), Attributes: r.Attributes}.String())
				}
				return g.write(w)
			},
			csv: func() [][]string {
				all := [][]string{{"name", "value", "attributes", "version"}}
				for _, r := range rows {
					var attributes []string
					for _, key := range slices.Sorted(maps.Keys(r.Attributes)) {
						attributes = append(attributes, key+"="+r.Attributes[key])
					}
					all = append(all, []string{r.Name, r.Value, strings.Join(attributes, " "), strconv.FormatUint(r.Version, 10)})
				}
				return all
			},
		})
	})
}

// listNames asks for a page of names after the other, and for the record of each: not
// all of one instant, and a name that was deleted meanwhile is left out.
func listNames(ctx context.Context, c caller, args []string) ([]nameRow, error) {
	rows := []nameRow{}
	for after := ""; ; {
		words := append([]string{"list"}, args...)
		if after != "" {
			words = append(words, "after", after)
		}
		a, err := c.ask(ctx, words...)
		if err != nil {
			return nil, err
		}
		page, err := names.DecodeNames(a.Data)
		if err != nil {
			return nil, err
		}
		for _, name := range page {
			a, err := c.ask(ctx, "get", name)
			if err != nil {
				return nil, err
			}
			if a.Status != kernel.StatusOK {
				continue
			}
			r, err := names.DecodeRecord(&kernel.Result{Value: a.Value, Data: a.Data})
			if err != nil {
				return nil, err
			}
			rows = append(rows, nameRow{name, string(r.Value), r.Attributes, r.Version})
		}
		if len(page) < names.MaxPage {
			return rows, nil
		}
		after = page[len(page)-1]
	}
}

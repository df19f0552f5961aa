package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
)

func newNode(s *session) *cobra.Command {
	cmd := group("node", "Add and remove nodes while the machine works (nr)", `Take a node out of the running machine, or put it back, while the others work. A
node that is removed lets go of the log and its kernel ends; one that is added starts
with a snapshot of a live one's state and follows the log from there. The last node
that has the state cannot be removed.`)
	cmd.Example = "  nrkern node remove 1\n  nrkern node add 1"
	cmd.AddCommand(
		newMember(s, node.MemberAdd, "Start a kernel for a node that was removed"),
		newMember(s, node.MemberRemove, "End the kernel of a node; the others go on"),
	)
	return cmd
}

func newMember(s *session, action node.MemberAction, short string) *cobra.Command {
	return &cobra.Command{
		Use: string(action) + " NODE", Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{text: fmt.Sprintf("node %s: want one node, got %d arguments", action, len(args)), command: cmd.CommandPath()}
			}
			at, err := strconv.Atoi(args[0])
			if err != nil {
				return &usageError{text: fmt.Sprintf("node %q: want a number", args[0]), command: cmd.CommandPath()}
			}
			c, err := s.dial()
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Member(cmd.Context(), node.MemberRequest{Node: at, Action: action})
			if err != nil {
				return err
			}
			return s.print(result{
				data: r,
				table: func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "nodes %s, in %v\n", numa.FormatList(r.Nodes), r.Elapsed.Round(time.Millisecond))
					return err
				},
				csv: func() [][]string {
					return [][]string{{"nodes", "elapsed_ns"}, {numa.FormatList(r.Nodes), strconv.FormatInt(int64(r.Elapsed), 10)}}
				},
			})
		},
	}
}

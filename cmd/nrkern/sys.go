package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/node"
)

func newSys(s *session) *cobra.Command {
	cmd := group("sys", "Make one system call, at any node", `Make one system call of a service of the running machine, on a thread of the node
that --node names. The answer is printed; a status such as "not found" is exit
status 1.`)
	cmd.Example = `  nrkern sys kv put 7 42 --node 0
  nrkern sys kv get 7 --node 1`
	for _, d := range node.Services() {
		cmd.AddCommand(newService(s, d))
	}
	return cmd
}

// newService returns the command of one service.
func newService(s *session, d *kernel.Definition) *cobra.Command {
	at := 0
	cmd := &cobra.Command{
		Use: d.Name + " OPERATION [OPERAND]...", Short: "A call of the service " + d.Name,
		Long:    fmt.Sprintf("Make one call of the service %s. The operations:\n\n  %s", d.Name, strings.ReplaceAll(d.Usage, "\n", "\n  ")),
		Example: fmt.Sprintf("  nrkern sys %[1]s put 7 42 --node 0\n  nrkern sys %[1]s get 7 --node 1 -o json", d.Name),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return operations(d.Usage), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			words := make([]string, len(args))
			for i, a := range args {
				words[i] = unmark(a)
			}
			// A call that is wrong by itself needs no machine to be told so.
			if _, err := d.Parse(words); err != nil {
				return &usageError{text: err.Error(), command: cmd.CommandPath()}
			}
			c, err := s.dial()
			if err != nil {
				return err
			}
			defer c.Close()
			a, err := c.Sys(cmd.Context(), node.SysRequest{Node: at, Service: d.Name, Words: words})
			if err != nil {
				return err
			}
			return printAnswer(s, a)
		},
	}
	cmd.Flags().IntVar(&at, "node", 0, "the node that makes the call")
	complete(cmd, "node")
	return cmd
}

// printAnswer prints an answer. One that is not ok is an error, and in a table
// only that.
func printAnswer(s *session, a *node.SysAnswer) error {
	var failed error
	if a.Status != kernel.StatusOK {
		failed = &exitedError{status: exitFailure, text: a.Text}
		if s.output == asTable {
			return failed
		}
	}
	return join(s.print(result{
		data:  a,
		table: func(w io.Writer) error { _, err := fmt.Fprintln(w, a.Text); return err },
		csv: func() [][]string {
			return [][]string{
				{"node", "status_code", "status", "value", "data_base64", "text"},
				{
					strconv.Itoa(a.Node), strconv.Itoa(int(a.Status)), a.Words, strconv.FormatUint(a.Value, 10),
					base64.StdEncoding.EncodeToString(a.Data), a.Text,
				},
			}
		},
	}), failed)
}

// operations returns the names that a usage text explains, one a line. Lines
// that begin with a capital are prose.
func operations(usage string) []string {
	var names []string
	for line := range strings.Lines(usage) {
		if name := first(strings.Fields(line)); name != "" && strings.ToLower(name) == name {
			names = append(names, name)
		}
	}
	return names
}

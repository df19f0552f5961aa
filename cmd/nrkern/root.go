package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newRoot assembles the command.
func newRoot(s *session) *cobra.Command {
	root := group("nrkern", "Boot kernels on NUMA nodes and compare how their state can be structured", `nrkern boots one kernel process for each NUMA node and runs the same kernel
services under three structures: nr (a replica on each node, one shared log),
multikernel (nodes that share nothing and send messages), and biglock (one copy
of the state behind one lock). Start with

  nrkern doctor      what this machine can do
  nrkern demo        compare the three, in under a minute

Exit status: 0 success, 1 failure, 2 wrong usage, 3 not supported here or a
missing privilege, 4 a check failed, 130 interrupted.`)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(explainFlag)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetHelpCommand(newHelp())

	flags := root.PersistentFlags()
	flags.VarP(&s.output, "output", "o", "how to print data: table, json or csv")
	flags.StringVar(&s.runDir, "run-dir", s.runDir, "the run directory of the machine")
	complete(root, "output", "table", "json", "csv")
	_ = root.MarkPersistentFlagDirname("run-dir") // fails for a flag that is not there only

	root.AddGroup(
		&cobra.Group{ID: hostGroup, Title: "This machine:"},
		&cobra.Group{ID: machineGroup, Title: "A machine of kernels:"},
		&cobra.Group{ID: experimentGroup, Title: "Experiments:"},
	)
	in := func(id string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	in(hostGroup, newDoctor(s), newTopo(s))
	in(machineGroup, newDemo(s), newStart(s), newStatus(s), newStop(s), newNode(s), newSys(s), newNames(s), newCaps(s), newBench(s), newCheck(s), newSimulate(s), newTrace(s), newTop(s))
	in(experimentGroup, newRun(s), newReport(s), newCompare(s))
	root.AddCommand(newVersion(s), newCompletion(s))
	return root
}

const (
	hostGroup       = "host"
	machineGroup    = "machine"
	experimentGroup = "experiment"
)

// group returns a command that only has subcommands. Without one it shows its
// help; a word that is none of them is a usage error with the nearest ones.
func group(use, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Args: cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
}

func unknownCommand(cmd *cobra.Command, word string) error {
	text := fmt.Sprintf("unknown command %q", strings.TrimPrefix(cmd.CommandPath()+" "+word, "nrkern "))
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		text += ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{text: text, command: cmd.CommandPath()}
}

// noArguments is for commands that take flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{text: fmt.Sprintf("%s: unexpected argument %q", cmd.Name(), args[0]), command: cmd.CommandPath()}
}

// newHelp is `nrkern help COMMAND`.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Show the help of a command", Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			at, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range at.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(at, rest[0])
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}

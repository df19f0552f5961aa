package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCompletion(s *session) *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	return &cobra.Command{
		Use: "completion bash|zsh|fish", Short: "Print a completion script for a shell",
		Long: `Print a script that makes a shell complete nrkern's commands and flags.

  bash   source <(nrkern completion bash)
  zsh    source <(nrkern completion zsh)
  fish   nrkern completion fish | source`,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if _, err := oneOf(shells...)(first(args)); len(args) != 1 || err != nil {
				return &usageError{text: fmt.Sprintf("completion: shell %q: want bash, zsh or fish", first(args)), command: cmd.CommandPath()}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch root := cmd.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(s.out, true)
			case "zsh":
				return root.GenZshCompletion(s.out)
			default:
				return root.GenFishCompletion(s.out, true)
			}
		},
	}
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

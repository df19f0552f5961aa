package main

import (
	"github.com/spf13/cobra"
)

func newStop(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "stop", Short: "Stop the machine", Args: noArguments,
		Long: `Stop the machine of the run directory, and return when nothing of it is left: no
process, socket or memory. Its state is gone, too.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial()
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Stop(cmd.Context())
		},
	}
}

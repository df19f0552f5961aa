package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/node"
)

// farewell is how long stop waits for the supervisor, which has nothing to do any
// more, to end. A program that runs a machine by package node does not end with it.
const farewell = time.Second

func newStop(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "stop", Short: "Stop the machine", Args: noArguments,
		Long: `Stop the machine of the run directory, and return when nothing of it is left: no
process, socket or memory. Its state is gone, too. That of a machine whose supervisor
was killed is ended as well, if its kernels were kept (start --keep).`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial()
			if errors.Is(err, node.ErrNotRunning) {
				if ended := node.EndKept(cmd.Context(), s.runDir); !errors.Is(ended, node.ErrNotRunning) {
					return ended
				}
			}
			if err != nil {
				return err
			}
			defer c.Close()
			ended := supervisorEnds(cmd.Context(), c)
			if err := c.Stop(cmd.Context()); err != nil {
				return err
			}
			ended()
			return nil
		},
	}
}

// supervisorEnds returns a function that waits until the machine's supervisor has
// ended. It has answered by then, but may not have been given a CPU to end on.
func supervisorEnds(ctx context.Context, c *node.Client) (wait func()) {
	status, err := c.Status(ctx, node.StatusRequest{})
	if err != nil || status.PID == os.Getpid() {
		return func() {}
	}
	process, err := unix.PidfdOpen(status.PID, 0)
	if err != nil {
		return func() {}
	}
	return func() {
		defer func() { _ = unix.Close(process) }()
		end := time.Now().Add(farewell)
		for {
			left := max(time.Until(end), 0)
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}}, int(left.Milliseconds()))
			if !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}
}

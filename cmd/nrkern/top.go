package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
)

func newTop(s *session) *cobra.Command {
	var f liveFlags
	cmd := &cobra.Command{
		Use: "top", Short: "Watch the machine at work: operations, latency, positions, laggards, traffic", Args: noArguments,
		Long: `Show what the kernels of the machine do, again every --interval: operations a
second and their latency (of one operation in 16 of the loads that run), where
logs and channels stand and who lags, and which lines went from which node to
which. Nothing is attached and no privilege is needed.

On a terminal the table stays in place: s sorts by the next column, r reverses,
space pauses, q quits. Elsewhere one interval is shown, or --count of them; with
-o json one object each.`,
		Example: `  nrkern top
  nrkern top --count 10 --interval 500ms -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := &top{session: s}
			by, err := f.order(cmd.CommandPath(), t.columns())
			if err != nil {
				return err
			}
			if t.client, err = s.dial(); err != nil {
				return err
			}
			defer t.client.Close()
			if t.before, err = t.client.Status(cmd.Context(), node.StatusRequest{}); err != nil {
				return err
			}
			t.at = time.Now()
			return s.show(cmd.Context(), t, f, by)
		},
	}
	f.register(cmd, "node, ops, p50, p99, lag or lines")
	return cmd
}

func (f *liveFlags) register(cmd *cobra.Command, columns string) {
	cmd.Flags().DurationVar(&f.interval, "interval", time.Second, "time between two looks")
	cmd.Flags().IntVar(&f.count, "count", 0, "stop after so many; 0: until interrupted on a terminal, else one")
	cmd.Flags().StringVar(&f.sort, "sort", "", "sort by this column: "+columns+"; with a - before it, the smallest first")
}

// top is the screen of `nrkern top`.
type top struct {
	session *session
	client  *node.Client
	before  *node.Status
	at      time.Time
	seen    topReport
}

func (t *top) columns() []string { return []string{"node", "ops", "p50", "p99", "lag", "lines"} }

func (t *top) refresh(ctx context.Context) error {
	after, err := t.client.Status(ctx, node.StatusRequest{})
	if err != nil {
		return err
	}
	now := time.Now()
	t.seen = topOf(t.before, after, now.Sub(t.at))
	t.seen.Began = t.at
	t.before, t.at = after, now
	return nil
}

func (t *top) print() error {
	return t.session.print(result{data: t.seen, csv: func() [][]string { return topRecords(t.seen) }})
}

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
)

// addOrdeal adds the flags of check that kill and stop kernels.
func addOrdeal(cmd *cobra.Command, o *node.Ordeal) {
	flags := cmd.Flags()
	flags.IntVar(&o.Kills, "kills", 0, "kill so many kernels under load, one after the other, and judge what callers outside saw; of a machine started with --strikes (nr)")
	flags.IntVar(&o.Stops, "stops", 0, "stop so many for a while, as SIGSTOP does, among the kills")
}

// ordealRun kills and stops kernels.
func (f *checking) ordealRun(ctx context.Context, m node.API, s *session) (*node.OrdealReport, error) {
	o := f.ordeal
	o.Seed, o.Judging = f.record.Seed, f.judging
	told := time.Now()
	o.Told = func(done, of int) {
		if now := time.Now(); now.Sub(told) > 5*time.Second {
			told = now
			s.log.Info(fmt.Sprintf("%d of %d strikes", done, of))
		}
	}
	r, err := o.Run(ctx, m)
	if err == nil {
		s.log.Info(ordealText(r))
	}
	return r, err
}

// ordealText sums an ordeal up.
func ordealText(r *node.OrdealReport) string {
	var struck []string
	for _, phase := range slices.Sorted(maps.Keys(r.Struck)) {
		struck = append(struck, fmt.Sprintf("%s %d", phase, r.Struck[phase]))
	}
	return fmt.Sprintf("%s and %s (%s), %s calls, %d of unknown outcome; the others went on within %v of a death, another kernel was up within %v; passed over %d, killed for a reservation %d",
		plural(r.Kills, "kill"), plural(r.Stops, "stop"), strings.Join(struck, ", "), grouped(r.Operations), r.Open,
		r.GoOn.Round(10*time.Microsecond), r.Rebuilt.Round(time.Millisecond), r.PassedOver, r.Stalled)
}

func ordealRecord(structure string, r *node.OrdealReport) []string {
	return []string{structure, "strikes", string(r.Judgement), strconv.Itoa(r.Operations), ""}
}

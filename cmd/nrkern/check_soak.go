package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/node"
)

// soaking is the flags of check --soak.
type soaking struct{ duration time.Duration }

func (f *soaking) addFlags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.duration, "soak", 0, "for how long to soak: machines that are started for it, kernels killed and stopped, nodes and supervisors that come and go; of the other flags only --seed and --timeout count")
}

// conflict says why the flags do not go together, or nothing.
func (f *soaking) conflict(cmd *cobra.Command) (text string) {
	if f.duration <= 0 {
		return fmt.Sprintf("--soak %v: want a time, such as 10m", f.duration)
	}
	ours := map[string]bool{"soak": true, "seed": true, "timeout": true}
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Changed && !ours[flag.Name] {
			text = "--soak starts its own machines and chooses what to do to them, and so does not go with --" + flag.Name
		}
	})
	return text
}

// run soaks.
func (f *soaking) run(cmd *cobra.Command, s *session, c *checking) (err error) {
	if text := f.conflict(cmd); text != "" {
		return &usageError{text: text, command: cmd.CommandPath()}
	}
	logs, err := os.MkdirTemp("", "nrkern-soak")
	if err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	defer func() {
		if err == nil || errors.Is(err, context.Canceled) {
			_ = os.RemoveAll(logs)
		} else {
			s.log.Info("what the machines logged is in " + logs)
		}
	}()
	told := time.Now()
	soak := node.Soak{
		For: f.duration, Seed: c.record.Seed, Judging: c.judging,
		Start: func(ctx context.Context, config node.Config) (node.API, error) {
			if err := startApart(ctx, logs, config, "--topology", config.Topology, "--cpus", strconv.Itoa(config.CPUs), "--hugepages", "off",
				"--logs", strconv.Itoa(config.Logs), "--log-slots", strconv.Itoa(config.LogSlots),
				"--stall-budget", config.StallBudget.String(), "--keep", "--strikes"); err != nil {
				return nil, err
			}
			return node.Dial(config.RunDir)
		},
		Attach: func(ctx context.Context, config node.Config) error { return startApart(ctx, logs, config, "--attach") },
		Told: func(text string) {
			if now := time.Now(); now.Sub(told) > 10*time.Second {
				told = now
				s.log.Info(text)
			}
		},
	}
	r, err := soak.Run(cmd.Context(), func(string) string { return node.UniqueRunDir() })
	if err != nil {
		return err
	}
	report := (*soakReport)(r)
	if err := s.print(result{data: r, table: report.table, csv: report.csv}); err != nil {
		return err
	}
	return report.err()
}

// startApart starts a supervisor in a process of its own, as start --detach does.
func startApart(ctx context.Context, logs string, c node.Config, flags ...string) error {
	name, err := filepath.EvalSymlinks("/proc/self/exe")
	if err != nil {
		name = "/proc/self/exe"
	}
	args := append([]string{"start", "--detach", "--run-dir", c.RunDir, "--log-file", filepath.Join(logs, filepath.Base(c.RunDir)), "-o", "json"}, flags...)
	run := exec.CommandContext(ctx, name, args...)
	var out, said bytes.Buffer
	run.Stdout, run.Stderr = &out, &said
	if err := run.Run(); err != nil {
		return fmt.Errorf("start %v: %w: %s", flags, err, bytes.TrimSpace(said.Bytes()))
	}
	return json.Unmarshal(out.Bytes(), new(detachedReport))
}

// soakReport shows a soak.
type soakReport node.SoakReport

func (r *soakReport) table(w io.Writer) error {
	g := newGrid("llrrrrrrrrrrr", "MACHINE", "JUDGEMENT", "ROUNDS", "KILLS", "STOPS", "LEAVES", "SUPERVISORS", "PASSED OVER", "STALLED", "REJOINED", "JUDGED", "OPEN", "DIGESTS")
	for _, m := range r.Machines {
		g.add(m.Name, string(m.Judgement), grouped(m.Rounds), grouped(m.Kills), grouped(m.Stops), grouped(m.Leaves), grouped(m.Supervisors),
			grouped(m.PassedOver), grouped(m.Stalled), grouped(m.Rejoined), grouped(m.Operations), grouped(m.Open), grouped(m.Digests))
	}
	if err := g.write(w); err != nil {
		return err
	}
	g = newGrid("llrrrr", "MEMORY OF", "PROCESSES OF", "MIB, 2ND QUARTER", "LAST QUARTER", "NUMBER", "MOST GROWTH OF ONE")
	for _, m := range r.Machines {
		if m.Memory == nil {
			continue
		}
		for i, room := range []node.MemoryRoom{m.Memory.Kernels, m.Memory.Supervisors} {
			most := "-"
			if room.Most > 0 {
				most = fmt.Sprintf("%.2fx", room.Most)
			}
			mib := func(bytes uint64) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }
			g.add(m.Name, []string{"kernels", "supervisors"}[i], mib(room.Before), mib(room.After), grouped(room.Processes), most)
		}
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	if err := g.write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s after %v, seed %d\n", r.Judgement, r.Elapsed.Round(time.Second), r.Seed)
	return err
}

func (r *soakReport) csv() [][]string {
	records := [][]string{{"machine", "judgement", "rounds", "kills", "stops", "leaves", "supervisors_killed", "passed_over", "stalled", "rejoined", "operations", "open_operations", "digests_compared"}}
	for _, m := range r.Machines {
		record := []string{m.Name, string(m.Judgement)}
		for _, n := range []int{m.Rounds, m.Kills, m.Stops, m.Leaves, m.Supervisors, m.PassedOver, m.Stalled, m.Rejoined, m.Operations, m.Open, m.Digests} {
			record = append(record, strconv.Itoa(n))
		}
		records = append(records, record)
	}
	return records
}

// err is nil only if all is ok.
func (r *soakReport) err() error {
	for _, m := range r.Machines {
		switch m.Judgement {
		case check.Illegal:
			return fmt.Errorf("check: %w: soak, seed %d, %s: %s", errCheck, r.Seed, m.Name, m.Text)
		case check.Unknown:
			return fmt.Errorf("check: soak, seed %d, %s was not judged in time: %s: give a longer --timeout", r.Seed, m.Name, m.Text)
		}
	}
	return nil
}

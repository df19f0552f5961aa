package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// verdict is what doctor thinks of one thing.
type verdict string

const (
	fine verdict = "ok"
	warn verdict = "warn" // works, with less
	fail verdict = "fail" // a machine will not start
)

// finding is one line of `nrkern doctor`.
type finding struct {
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Reason  string  `json:"reason"`
	Remedy  string  `json:"remedy,omitempty"`
}

// diagnosis is what `nrkern doctor -o json` prints.
type diagnosis struct {
	Verdict  verdict   `json:"verdict"` // the worst of all
	Findings []finding `json:"findings"`
}

func newDoctor(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Say what this machine can do, and what would help", Args: noArguments,
		Long: `Look at the host: what a machine of kernels needs, what would make measurements
better, what tracing will need. Each line is ok, warn (works, with less) or fail
(a machine will not start), with the reason and the remedy. Nothing is changed.

Exit status: 0 without a fail, 3 with one.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := diagnose(examine(cmd.Context(), s.runDir))
			if err := s.print(result{data: d, table: d.table, csv: d.csv}); err != nil {
				return err
			}
			if d.Verdict == fail {
				return &exitedError{status: exitUnsupported, text: "doctor: this host cannot run a machine: see the lines that say fail"}
			}
			return nil
		},
	}
}

// diagnose judges facts.
func diagnose(f facts) diagnosis {
	d := diagnosis{Verdict: fine}
	for _, judge := range []func(facts) []finding{
		judgeLinux, judgeCPUs, judgeNodes, judgeMemory, judgeHugepages, judgePlacement, judgeSegment, judgeRunDir,
		judgeClock, judgeNoise, judgeTuning, judgePMU, judgeBPF, judgeMemlock, judgePrivileges,
	} {
		d.Findings = append(d.Findings, judge(f)...)
	}
	for _, line := range d.Findings {
		if line.Verdict == fail || line.Verdict == warn && d.Verdict == fine {
			d.Verdict = line.Verdict
		}
	}
	return d
}

func (d diagnosis) table(w io.Writer) error {
	g := newGrid("l")
	count := map[verdict]int{}
	for _, f := range d.Findings {
		count[f.Verdict]++
		g.add(string(f.Verdict), f.Name, f.Reason)
		if f.Remedy != "" {
			g.add("", "", "-> "+f.Remedy)
		}
	}
	if err := g.write(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d ok, %d warn, %d fail\n", count[fine], count[warn], count[fail])
	return err
}

func (d diagnosis) csv() [][]string {
	records := [][]string{{"name", "verdict", "reason", "remedy"}}
	for _, f := range d.Findings {
		records = append(records, []string{f.Name, string(f.Verdict), f.Reason, f.Remedy})
	}
	return records
}

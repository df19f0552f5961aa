package bench

import (
	"fmt"
	"regexp"
)

// Row is one question of the table, and the function that answers it.
type Row struct {
	// Name says what is measured.
	Name    string
	measure func(*Session) ([]Line, error)
}

// Rows returns all rows in the order of the table.
func Rows() []Row {
	return []Row{
		{"UMP 64-byte round trip", roundTrip},
		{"UMP stream, ring of 256", stream},
		{"NR, 2 replicas x 1 thread, Go map", replicated},
		{"NR, 2 replicas x 1 thread, 16 outstanding, fixed-size table", outstanding},
		{"NR, 1 replica x 1 thread, Go map, reads", reads},
		{"NR, 1 replica x 2 threads, Go map", locks},
		{"partitioned calls", calls},
		{"a writer beside an idle replica, Go map, 100 % writes", idleReplica},
		{"the worst write while a peer thread pauses", pausedThread},
		{"the worst write while a peer kernel is stopped", stoppedKernel},
		{"the simulation hook and the counters", hooks},
		{"the probe sites, nothing attached", sites},
		{"the collector beside a large replica, 50 % writes", collector},
		{"more kernels than CPUs, 10 % writes", fewCores},
		{"an idle machine, and status while all cores spin", alive},
	}
}

// Select returns the rows whose name matches a regular expression.
func Select(pattern string) ([]Row, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	var chosen []Row
	for _, r := range Rows() {
		if re.MatchString(r.Name) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("rows: no name matches %q", pattern)
	}
	return chosen, nil
}

// onCPUs makes a variant of threads of this process.
func onCPUs(name string, cpus []int, value func(reading) float64, j job) variant {
	return variant{name: name, value: value, sample: func(span Span) (reading, error) { return crew(cpus, span, j) }}
}

// inC makes a variant of the reference, or says why there is none.
func (s *Session) inC(name, workload string, argument uint64, value func(reading) float64) (variant, error) {
	if s.c == nil {
		return variant{}, s.noC
	}
	return variant{name: name, value: value, sample: func(span Span) (reading, error) {
		return s.c.sample(workload, s.cpus, span, argument)
	}}, nil
}

// both is the two CPUs of the session, one the first of them.
func (s *Session) both() []int { return s.cpus[:] }
func (s *Session) one() []int  { return s.cpus[:1] }

// eachMix measures a case of a row at each share of writes that the table
// shows. One that fails does not keep the others from being measured.
func eachMix(measure func(writes uint64) ([]Line, error)) []Line {
	var lines []Line
	for _, writes := range []uint64{0, 10, 50, 80, 100} {
		got, err := measure(writes)
		lines = append(lines, in(fmt.Sprintf("%d %% writes", writes), orFailed(got, err)...)...)
	}
	return lines
}

package workload

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// Distribution says how keys are drawn.
type Distribution string

// The distributions.
const (
	Uniform Distribution = "uniform"
	Zipf    Distribution = "zipf"
)

// Limits of a Spec.
const (
	MaxKeys           = kv.DefaultMaxKeys
	MaxThreadsPerNode = 240
	MinZipfTheta      = 0.01
	MaxZipfTheta      = 5.0
	MaxDuration       = 24 * time.Hour
)

// Spec describes a workload. All workers of a run have the same.
type Spec struct {
	// Service is the service under load: "kv".
	Service string `json:"service"`
	// WriteRatio is the share of operations that write, in percent.
	WriteRatio float64 `json:"write_ratio_percent"`
	// Keys is the number of keys: 0 to Keys-1 are used.
	Keys         uint64       `json:"keys"`
	Distribution Distribution `json:"distribution"`
	// ZipfTheta is the exponent of the Zipf distribution: the key of rank r is
	// drawn with probability proportional to 1/r^theta.
	ZipfTheta float64 `json:"zipf_theta"`
	// ThreadsPerNode is for whoever starts the workers.
	ThreadsPerNode int           `json:"threads_per_node"`
	Duration       time.Duration `json:"duration_ns"`
	Warmup         time.Duration `json:"warmup_ns"`
	// Window is the number of operations that a worker keeps outstanding.
	Window int `json:"window"`
	// Prefill says that every key holds a value before the run, by Prefill; a
	// read that finds none, or another key's, is then a failure.
	Prefill bool   `json:"prefill"`
	Seed    uint64 `json:"seed"`
	// ValueBytes is the length of the values in bytes; 0 means 64-bit words.
	ValueBytes int `json:"value_bytes"`
}

// Default returns the workload of a command without flags: 50,000 words, one
// thread a node, one operation in ten a write.
func Default() Spec {
	return Spec{
		Service: "kv", WriteRatio: 10, Keys: 50_000, Distribution: Uniform, ZipfTheta: 0.99,
		ThreadsPerNode: 1, Duration: 3 * time.Second, Warmup: 500 * time.Millisecond,
		Window: 16, Prefill: true, Seed: 1,
	}
}

// ErrSpec is the error that every *FlagError is, for errors.Is.
var ErrSpec = errors.New("bad workload")

// FlagError names a part of a Spec that is out of range, by its flag.
type FlagError struct{ Flag, Value, Want string }

// Error returns, for example, "--window 300: want 1 to 256".
func (e *FlagError) Error() string {
	return fmt.Sprintf("--%s %s: want %s", e.Flag, e.Value, e.Want)
}

// Is makes every FlagError an ErrSpec.
func (e *FlagError) Is(target error) bool { return target == ErrSpec }

// Validate returns a *FlagError for everything that is out of range, joined.
func (s Spec) Validate() error {
	var errs []error
	check := func(ok bool, flag string, value any, want string, args ...any) {
		if !ok {
			errs = append(errs, &FlagError{flag, fmt.Sprint(value), fmt.Sprintf(want, args...)})
		}
	}
	check(s.Service == "kv", "service", fmt.Sprintf("%q", s.Service), "kv")
	check(s.WriteRatio >= 0 && s.WriteRatio <= 100, "write-ratio", s.WriteRatio, "0 to 100 (percent)")
	check(s.Keys >= 1 && s.Keys <= MaxKeys, "keys", s.Keys, "1 to %d", MaxKeys)
	check(s.Distribution == Uniform || s.Distribution == Zipf, "distribution", fmt.Sprintf("%q", s.Distribution), "uniform or zipf")
	if s.Distribution == Zipf {
		// Also refuses what is not a number.
		check(s.ZipfTheta >= MinZipfTheta && s.ZipfTheta <= MaxZipfTheta, "zipf-theta", s.ZipfTheta, "%v to %v", MinZipfTheta, MaxZipfTheta)
	}
	check(s.ThreadsPerNode >= 1 && s.ThreadsPerNode <= MaxThreadsPerNode, "threads-per-node", s.ThreadsPerNode, "1 to %d", MaxThreadsPerNode)
	check(s.Duration > 0 && s.Duration <= MaxDuration, "duration", s.Duration, "more than 0s, at most %v", MaxDuration)
	check(s.Warmup >= 0 && s.Warmup <= MaxDuration, "warmup", s.Warmup, "0s to %v", MaxDuration)
	check(s.Window >= 1 && s.Window <= kernel.MaxWindow, "window", s.Window, "1 to %d", kernel.MaxWindow)
	check(s.ValueBytes >= 0 && s.ValueBytes <= kernel.MaxData, "value-bytes", s.ValueBytes, "0 (64-bit words) to %d", kernel.MaxData)
	if s.ValueBytes > 0 && s.ValueBytes <= kernel.MaxData {
		// A node of the multikernel may come to own them all, or nearly.
		most := kv.DefaultMaxBytes / uint64(s.ValueBytes)
		check(s.Keys <= most, "keys", s.Keys, "at most %d with values of %d bytes: the service holds %d GiB of values", most, s.ValueBytes, kv.DefaultMaxBytes>>30)
	}
	return errors.Join(errs...)
}

// writeLimit returns the number below which 32 random bits mean a write.
func (s Spec) writeLimit() uint64 { return uint64(math.Round(s.WriteRatio / 100 * (1 << 32))) }

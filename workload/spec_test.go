package workload_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nrkern/nrkern/workload"
)

func TestValidateNamesFlagValueAndRange(t *testing.T) {
	if err := workload.Default().Validate(); err != nil {
		t.Fatalf("the default: %v", err)
	}
	for _, c := range []struct {
		change func(*workload.Spec)
		want   string // "" for no error
	}{
		{func(s *workload.Spec) { s.Service = "fs" }, `--service "fs": want kv`},
		{func(s *workload.Spec) { s.WriteRatio = -1 }, "--write-ratio -1: want 0 to 100 (percent)"},
		{func(s *workload.Spec) { s.WriteRatio = 100.5 }, "--write-ratio 100.5: want 0 to 100 (percent)"},
		{func(s *workload.Spec) { s.WriteRatio = math.NaN() }, "--write-ratio NaN: want 0 to 100 (percent)"},
		{func(s *workload.Spec) { s.WriteRatio = 0.25 }, ""},
		{func(s *workload.Spec) { s.Keys = 0 }, "--keys 0: want 1 to 67108864"},
		{func(s *workload.Spec) { s.Keys = 1 << 40 }, "--keys 1099511627776: want 1 to 67108864"},
		{func(s *workload.Spec) { s.Distribution = "pareto" }, `--distribution "pareto": want uniform or zipf`},
		{func(s *workload.Spec) { s.Distribution, s.ZipfTheta = "zipf", 0 }, "--zipf-theta 0: want 0.01 to 5"},
		{func(s *workload.Spec) { s.ZipfTheta = 0 }, ""}, // not used by the uniform distribution
		{func(s *workload.Spec) { s.ThreadsPerNode = 0 }, "--threads-per-node 0: want 1 to 240"},
		{func(s *workload.Spec) { s.Duration = 0 }, "--duration 0s: want more than 0s, at most 24h0m0s"},
		{func(s *workload.Spec) { s.Warmup = -time.Second }, "--warmup -1s: want 0s to 24h0m0s"},
		{func(s *workload.Spec) { s.Window = 300 }, "--window 300: want 1 to 256"},
		{func(s *workload.Spec) { s.ValueBytes = 1025 }, "--value-bytes 1025: want 0 (64-bit words) to 1024"},
		{func(s *workload.Spec) { s.ValueBytes, s.Keys = 1024, 4<<20 }, ""},
		{func(s *workload.Spec) { s.ValueBytes, s.Keys = 1024, 4<<20+1 }, "--keys 4194305: want at most 4194304 with values of 1024 bytes: the service holds 4 GiB of values"},
		{func(s *workload.Spec) { s.Window, s.Keys = 0, 0 }, "--keys 0: want 1 to 67108864\n--window 0: want 1 to 256"},
	} {
		s := workload.Default()
		c.change(&s)
		err := s.Validate()
		if c.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", s, err)
			}
			continue
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("got %q, want %q", err, c.want)
		}
		var flag *workload.FlagError
		if !errors.Is(err, workload.ErrSpec) || !errors.As(err, &flag) {
			t.Errorf("%q is no ErrSpec", err)
		}
	}
}

func TestSpecInJSON(t *testing.T) {
	s := workload.Default()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"write_ratio_percent":10`, `"duration_ns":3000000000`, `"window":16`, `"value_bytes":0`} {
		if !strings.Contains(string(text), key) {
			t.Errorf("%s lacks %s", text, key)
		}
	}
	var back workload.Spec
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Error(diff)
	}
}

package numa

import (
	"fmt"
	"strconv"
	"strings"
)

// The largest virtual topology.
const (
	MaxNodes = 64  // nodes
	MaxCores = 256 // cores per node
)

// Spec asks for a virtual topology: so many nodes with so many cores each.
// The zero Spec asks for none. It reads and prints as "4x2", also as JSON.
type Spec struct {
	Nodes int
	Cores int // per node
}

// ParseSpec reads "4x2": four nodes of two cores. One to 64 nodes, one to 256
// cores; anything else is an ErrSpec.
func ParseSpec(s string) (Spec, error) {
	nodes, cores, ok := strings.Cut(s, "x")
	if !ok {
		return Spec{}, fmt.Errorf("numa: topology %s: %w: want NODESxCORES, such as 2x1 or 4x2", shorten(s), ErrSpec)
	}
	n, err := parseListNumber(nodes)
	if err != nil {
		return Spec{}, fmt.Errorf("numa: topology %s: %w: nodes: %w; want NODESxCORES, such as 4x2", shorten(s), ErrSpec, err)
	}
	m, err := parseListNumber(cores)
	if err != nil {
		return Spec{}, fmt.Errorf("numa: topology %s: %w: cores: %w; want NODESxCORES, such as 4x2", shorten(s), ErrSpec, err)
	}
	spec := Spec{Nodes: n, Cores: m}
	if err := spec.Check(); err != nil {
		return Spec{}, err
	}
	return spec, nil
}

// Check says whether the numbers are within limits; the zero Spec is not.
func (s Spec) Check() error {
	if s.Nodes < 1 || s.Nodes > MaxNodes {
		return fmt.Errorf("numa: topology %q: %w: %d nodes; want 1 to %d", s, ErrSpec, s.Nodes, MaxNodes)
	}
	if s.Cores < 1 || s.Cores > MaxCores {
		return fmt.Errorf("numa: topology %q: %w: %d cores per node; want 1 to %d", s, ErrSpec, s.Cores, MaxCores)
	}
	return nil
}

// IsZero says that no virtual topology is asked for.
func (s Spec) IsZero() bool { return s == Spec{} }

// String gives "4x2", and "" for the zero Spec.
func (s Spec) String() string {
	if s.IsZero() {
		return ""
	}
	return strconv.Itoa(s.Nodes) + "x" + strconv.Itoa(s.Cores)
}

// MarshalText gives String.
func (s Spec) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (s *Spec) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = Spec{}
		return nil
	}
	spec, err := ParseSpec(string(text))
	if err != nil {
		return err
	}
	*s = spec
	return nil
}

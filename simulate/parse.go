//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"strconv"
	"strings"
)

// fields are the parts of a scenario by the names that texts have for them.
func (s *Scenario) fields() []field {
	return []field{
		{"nodes", &s.Nodes},
		{"clients", &s.Clients},
		{"operations", &s.Operations},
		{"window", &s.Window},
		{"data-max", &s.DataMax},
		{"lead", &s.Lead},
		{"many", &s.Many},
		{"polls", &s.Polls},
		{"deaths", &s.Deaths},
		{"stops", &s.Stops},
		{"absences", &s.Absences},
	}
}

type field struct {
	name string
	at   *int
}

// ParseScenario reads what String writes: a structure, then what is not for the
// seed to draw, as in "nr,nodes=3,deaths=1".
func ParseScenario(text string) (Scenario, error) {
	name, rest, more := strings.Cut(text, ",")
	s := Scenario{Structure: name}
	for more {
		var part string
		part, rest, more = strings.Cut(rest, ",")
		switch part {
		case "unattended":
			s.Unattended = true
		case "exact":
			s.Exact = true
		default:
			if err := s.set(part); err != nil {
				return Scenario{}, err
			}
		}
	}
	return s, s.Validate()
}

func (s *Scenario) set(part string) error {
	name, text, _ := strings.Cut(part, "=")
	if name == "service" {
		s.Service = text
		return nil
	}
	var names []string
	for _, f := range append(s.fields(), field{name: "keys"}) {
		names = append(names, f.name)
		if f.name != name {
			continue
		}
		v, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return fmt.Errorf("%w: %q: want %s=NUMBER", ErrScenario, part, name)
		}
		if f.at == nil {
			s.Keys = v
			return nil
		}
		*f.at = int(v)
		return nil
	}
	return fmt.Errorf("%w: %q: want NAME=NUMBER, with a name of %s; service=NAME; or unattended, or exact", ErrScenario, part, strings.Join(names, ", "))
}

// String writes the scenario as ParseScenario reads it.
func (s Scenario) String() string {
	var b strings.Builder
	b.WriteString(s.Structure)
	if s.Service != "" {
		b.WriteString(",service=" + s.Service)
	}
	for _, f := range s.fields() {
		if *f.at != 0 {
			fmt.Fprintf(&b, ",%s=%d", f.name, *f.at)
		}
	}
	if s.Keys != 0 {
		fmt.Fprintf(&b, ",keys=%d", s.Keys)
	}
	if s.Unattended {
		b.WriteString(",unattended")
	}
	if s.Exact {
		b.WriteString(",exact")
	}
	return b.String()
}

package guest

import "testing"

// The guest's Linux has the nodes that the machine was asked to have; package
// numa finds them; and threads and pages are where numa puts them, by the
// kernel's own word. One boot a machine, since that is what takes the time.
func TestMachine(t *testing.T) {
	needGuest(t)
	for name, m := range map[string]Machine{
		"2 nodes":    Uniform(2, 2, 384, 32),
		"4 nodes":    Uniform(4, 2, 384, 32),
		"asymmetric": asymmetric(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checks := []struct {
				probe string
				check func(*testing.T, Machine, Output)
			}{
				{"nodes", checked(checkNodes)},
				{"topology", checked(checkTopology)},
				{"pins", checked(checkPins)},
				{"stripes", checked(checkStripes)},
				{"inherited", checked(checkInherited)},
				{"hold", checked(func(*testing.T, Machine, int) {})},
				{"placed", checked(checkPlaced)},
			}
			var commands []Command
			for _, c := range checks {
				commands = append(commands, Run("/bin/probe", c.probe))
			}
			r := boot(t, m, []File{probe(t)}, commands...)
			for i, c := range checks {
				t.Run(c.probe, func(t *testing.T) { c.check(t, m, r.Commands[i]) })
			}
		})
	}
}

// checked makes a check of what a command printed from one of a value.
func checked[T any](check func(*testing.T, Machine, T)) func(*testing.T, Machine, Output) {
	return func(t *testing.T, m Machine, o Output) {
		t.Helper()
		check(t, m, decode[T](t, o))
	}
}

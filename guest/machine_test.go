package guest

import (
	"errors"
	"strings"
	"testing"
)

func TestBadMachinesAreRefused(t *testing.T) {
	change := func(f func(*Machine)) Machine {
		m := Uniform(2, 2, 384, 32)
		f(&m)
		return m
	}
	cases := []struct {
		name, says string
		machine    Machine
	}{
		{"no nodes", "0 nodes", Machine{}},
		{"negative number of nodes", "0 nodes", Uniform(-1, 2, 384, 0)},
		{"too many nodes", "129 nodes", Uniform(129, 1, 64, 0)},
		{"too many CPUs", "256 CPUs", Uniform(2, 128, 384, 0)},
		{"little memory", "128 MiB", Uniform(2, 1, 64, 0)},
		{"hugepages take all", "node 0: 160 hugepages", Uniform(2, 1, 384, 160)},
		{"negative size", "negative", Uniform(2, 1, -384, 0)},
		{"empty node", "node 1 has neither", change(func(m *Machine) { m.Nodes[1] = Node{} })},
		{"first node without CPUs", "node 0 boots", change(func(m *Machine) { m.Nodes[0].CPUs = 0 })},
		{"first node without memory", "node 0 boots", change(func(m *Machine) { m.Nodes[0].MemoryMiB = 0 })},
		{"unequal sockets", "node 1 has 3 CPUs", change(func(m *Machine) { m.Nodes[1].CPUs = 3 })},
		{"CPUs after memory only", "lower numbers", change(func(m *Machine) {
			m.Nodes = []Node{m.Nodes[0], {MemoryMiB: 256}, m.Nodes[1]}
		})},
		{"few distances", "distances from 1", change(func(m *Machine) { m.Distances = [][]int{{10, 20}} })},
		{"short row", "from node 1 to 1", change(func(m *Machine) { m.Distances = [][]int{{10, 20}, {20}} })},
		{"far from itself", "node 1 to node 1 is 11", change(func(m *Machine) { m.Distances = [][]int{{10, 20}, {20, 11}} })},
		{"as near as itself", "node 0 to node 1 is 10", change(func(m *Machine) { m.Distances = [][]int{{10, 10}, {20, 10}} })},
		{"unreachable", "node 0 to node 1 is 255", change(func(m *Machine) { m.Distances = [][]int{{10, 255}, {20, 10}} })},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Boot(t.Context(), c.machine, nil, nil)
			if !errors.Is(err, ErrMachine) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrMachine with %q", err, c.says)
			}
		})
	}
	for _, m := range []Machine{Uniform(1, 1, 256, 0), Uniform(4, 2, 384, 32), asymmetric()} {
		if err := m.check(); err != nil {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func TestArgumentsOfTheHardware(t *testing.T) {
	m := Machine{
		Nodes:     []Node{{CPUs: 2, MemoryMiB: 384}, {CPUs: 2}, {MemoryMiB: 128}},
		Distances: [][]int{{10, 20, 30}, {21, 10, 32}, {31, 33, 10}},
	}
	want := strings.Join([]string{
		"-machine q35 -cpu max -smp 4,sockets=2,cores=2,threads=1 -m 512M",
		"-object memory-backend-ram,id=m0,size=384M -numa node,nodeid=0,memdev=m0,cpus=0-1",
		"-numa node,nodeid=1,cpus=2-3",
		"-object memory-backend-ram,id=m2,size=128M -numa node,nodeid=2,memdev=m2",
		"-numa dist,src=0,dst=1,val=20 -numa dist,src=0,dst=2,val=30",
		"-numa dist,src=1,dst=0,val=21 -numa dist,src=1,dst=2,val=32",
		"-numa dist,src=2,dst=0,val=31 -numa dist,src=2,dst=1,val=33",
	}, " ")
	if got := strings.Join(m.arguments(), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

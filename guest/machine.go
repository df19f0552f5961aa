package guest

import (
	"errors"
	"fmt"
	"strconv"
)

// Limits of a Machine.
const (
	// MaxNodes is QEMU's limit.
	MaxNodes = 128
	// MaxCPUs keeps below the vCPU number where q35 needs an interrupt remapper.
	MaxCPUs = 255
	// minMemoryMiB is what the kernel, /init and a Go program need together.
	minMemoryMiB = 256
)

// ErrMachine is wrapped by the errors for a Machine that cannot be made.
var ErrMachine = errors.New("bad guest machine")

// Machine is the hardware of a guest.
type Machine struct {
	// Nodes are the NUMA nodes. Node 0 needs CPUs and memory, and nodes without
	// CPUs come last: Linux numbers its nodes so, whatever the firmware says.
	Nodes []Node
	// Distances[i][j] is the distance from node i to node j as the firmware
	// table (ACPI SLIT) states it: 10 on the diagonal, 11 to 254 elsewhere. Nil
	// is 10 and 21.
	Distances [][]int
	// Arguments are more of QEMU's, such as a plugin.
	Arguments []string
	// NodesPerPackage is how many nodes share a socket; 0 is 1.
	NodesPerPackage int
}

// Node is one NUMA node: a socket of cores, or a part of one, without sibling threads, and its
// memory.
type Node struct {
	// CPUs is the number of CPUs. It is the same for all nodes, or 0 for a node
	// that is memory only.
	CPUs int
	// MemoryMiB is the memory in MiB, or 0 for a node that is CPUs only.
	MemoryMiB int
	// Hugepages is how many 2 MiB pages of it are reserved at boot.
	Hugepages int
}

// Uniform returns a machine of equal nodes.
func Uniform(nodes, cpusPerNode, memoryPerNodeMiB, hugepagesPerNode int) Machine {
	m := Machine{Nodes: make([]Node, max(nodes, 0))}
	for i := range m.Nodes {
		m.Nodes[i] = Node{CPUs: cpusPerNode, MemoryMiB: memoryPerNodeMiB, Hugepages: hugepagesPerNode}
	}
	return m
}

// Distance returns the distance from one node to another.
func (m Machine) Distance(from, to int) int {
	switch {
	case m.Distances != nil:
		return m.Distances[from][to]
	case from == to:
		return 10
	}
	return 21
}

// Package returns the socket of a node.
func (m Machine) Package(node int) int { return node / max(m.NodesPerPackage, 1) }

// CPUs returns the CPU numbers of a node, as the guest's Linux counts them.
func (m Machine) CPUs(node int) []int {
	first := 0
	for _, n := range m.Nodes[:node] {
		first += n.CPUs
	}
	cpus := make([]int, m.Nodes[node].CPUs)
	for i := range cpus {
		cpus[i] = first + i
	}
	return cpus
}

// check returns an error that wraps ErrMachine when QEMU or Linux could not
// make this machine, or would make another one.
func (m Machine) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %w", ErrMachine, fmt.Errorf(format, args...))
	}
	if len(m.Nodes) < 1 || len(m.Nodes) > MaxNodes {
		return bad("%d nodes; from 1 to %d work", len(m.Nodes), MaxNodes)
	}
	cpus, memory := 0, 0
	for i, n := range m.Nodes {
		switch {
		case n.CPUs < 0 || n.MemoryMiB < 0 || n.Hugepages < 0:
			return bad("node %d has a negative size: %+v", i, n)
		case n.CPUs == 0 && n.MemoryMiB == 0:
			return bad("node %d has neither CPUs nor memory", i)
		case i == 0 && (n.CPUs == 0 || n.MemoryMiB == 0):
			return bad("node 0 boots the machine: it needs CPUs and memory")
		case n.CPUs != 0 && m.Nodes[i-min(i, 1)].CPUs == 0:
			return bad("node %d has CPUs and node %d has none: Linux gives nodes with CPUs the lower numbers", i, i-1)
		case n.CPUs != 0 && n.CPUs != m.Nodes[0].CPUs:
			return bad("node %d has %d CPUs and node 0 has %d: a node is a socket, and sockets are equal", i, n.CPUs, m.Nodes[0].CPUs)
		case 2*n.Hugepages > n.MemoryMiB/4*3:
			return bad("node %d: %d hugepages are more than three quarters of its %d MiB", i, n.Hugepages, n.MemoryMiB)
		}
		cpus += n.CPUs
		memory += n.MemoryMiB
	}
	if cpus > MaxCPUs {
		return bad("%d CPUs; at most %d work", cpus, MaxCPUs)
	}
	if memory < minMemoryMiB {
		return bad("%d MiB of memory; Linux and a program need %d", memory, minMemoryMiB)
	}
	if per := m.NodesPerPackage; per < 0 || per > 1 && len(m.Nodes)%per != 0 {
		return bad("%d nodes do not make sockets of %d", len(m.Nodes), per)
	}
	if m.Distances == nil {
		return nil
	}
	if len(m.Distances) != len(m.Nodes) {
		return bad("distances from %d nodes, but there are %d nodes", len(m.Distances), len(m.Nodes))
	}
	for i, row := range m.Distances {
		if len(row) != len(m.Nodes) {
			return bad("distances from node %d to %d nodes, but there are %d nodes", i, len(row), len(m.Nodes))
		}
		for j, d := range row {
			if (i == j && d != 10) || (i != j && (d < 11 || d > 254)) {
				return bad("distance from node %d to node %d is %d; a node is 10 from itself and 11 to 254 from others", i, j, d)
			}
		}
	}
	return nil
}

// arguments returns QEMU's arguments for the hardware.
func (m Machine) arguments() []string {
	cpus, sockets, memory := 0, 0, 0
	for _, n := range m.Nodes {
		cpus += n.CPUs
		memory += n.MemoryMiB
		if n.CPUs > 0 {
			sockets++
		}
	}
	per := max(m.NodesPerPackage, 1)
	args := []string{
		"-machine", "q35", "-cpu", "max",
		"-smp", fmt.Sprintf("%d,sockets=%d,cores=%d,threads=1", cpus, sockets/per, m.Nodes[0].CPUs*per),
		"-m", strconv.Itoa(memory) + "M",
	}
	for i, n := range m.Nodes {
		node := fmt.Sprintf("node,nodeid=%d", i)
		if n.MemoryMiB > 0 {
			args = append(args, "-object", fmt.Sprintf("memory-backend-ram,id=m%d,size=%dM", i, n.MemoryMiB))
			node += fmt.Sprintf(",memdev=m%d", i)
		}
		if c := m.CPUs(i); len(c) > 0 {
			node += fmt.Sprintf(",cpus=%d-%d", c[0], c[len(c)-1])
		}
		args = append(args, "-numa", node)
	}
	// All pairs: QEMU guesses the others only where the table is symmetric.
	for i := range m.Nodes {
		for j := range m.Nodes {
			if i != j {
				args = append(args, "-numa", fmt.Sprintf("dist,src=%d,dst=%d,val=%d", i, j, m.Distance(i, j)))
			}
		}
	}
	return append(args, m.Arguments...)
}

package numa

import (
	"cmp"
	"slices"
)

// Topology is what a machine looks like to the runtime: read from sysfs, or
// virtual.
type Topology struct {
	// Nodes are dense: Nodes[i].ID == i is the runtime's node number. There is
	// at least one, and each has at least one core.
	Nodes []Node `json:"nodes"`
	// CPUs are all that Linux knows, online or not, by ascending number.
	CPUs []CPU `json:"cpus"`
	// Virtual is set when the nodes were made up by a Spec.
	Virtual bool `json:"virtual"`
	// Spec is "2x1" when virtual, else "".
	Spec string `json:"spec"`
	// Shared is set when some CPU serves more than one core of the topology:
	// threads of one or several nodes then take turns on it.
	Shared bool `json:"shared"`
	// Notes are corrections and warnings in words.
	Notes []string `json:"notes"`
}

// Node is a node of the runtime: cores to run on and memory near them.
type Node struct {
	// ID is the runtime's number, the index in Topology.Nodes.
	ID int `json:"id"`
	// Physical is the Linux node of its CPUs; for a virtual node over several,
	// the one with most of them.
	Physical int `json:"physical"`
	// Memory is the Linux node its memory comes from. It differs from Physical
	// for a node without memory (or without memory the caller may use), which
	// takes the nearest that has some.
	Memory int `json:"memory"`
	// Package is the socket.
	Package int `json:"package"`
	// Cores are the Linux CPUs to pin threads to, thread by thread: one of each
	// core first, then their SMT siblings. In a virtual topology with too few
	// CPUs they repeat, or occur in other nodes too.
	Cores []int `json:"cores"`
	// MemTotal and MemFree are those of the Linux node Memory, in bytes; 0 when
	// sysfs does not say. Nodes with the same Memory share them.
	MemTotal uint64 `json:"mem_total_bytes"`
	MemFree  uint64 `json:"mem_free_bytes"`
	// Distance is how far every node of the topology is, in the units of the
	// ACPI SLIT: 10 is local, 20 twice as slow.
	Distance []int `json:"distance"`
}

// CPU is a logical processor, as Linux numbers them.
type CPU struct {
	ID int `json:"id"`
	// Node is its Linux node; -1 when offline.
	Node int `json:"node"`
	// Package is its socket; -1 when offline.
	Package int `json:"package"`
	// Core numbers the physical cores of the machine from 0 (Linux's core_id is
	// unique in a socket only); -1 when offline.
	Core int `json:"core"`
	// L3 numbers the last-level caches of the machine from 0; -1 when offline
	// or unknown.
	L3 int `json:"l3"`
	// Siblings are the CPUs of the same core, this one included.
	Siblings []int `json:"siblings"`
	Online   bool  `json:"online"`
	// Allowed is set when the caller's affinity and cpuset let it run here.
	Allowed bool `json:"allowed"`
}

// Limits are what the caller may use of a machine; nil means no limit.
type Limits struct {
	CPUs []int // from affinity and cpuset
	Mems []int // Linux nodes, from the cpuset
}

// Usable says that threads can be pinned to the CPU.
func (c CPU) Usable() bool { return c.Online && c.Allowed }

// Usable gives the CPUs that threads can be pinned to, ascending.
func (t *Topology) Usable() []int {
	var list []int
	for _, c := range t.CPUs {
		if c.Usable() {
			list = append(list, c.ID)
		}
	}
	return list
}

// CPU finds a CPU by its Linux number.
func (t *Topology) CPU(id int) (CPU, bool) {
	i, found := slices.BinarySearchFunc(t.CPUs, id, func(c CPU, id int) int { return cmp.Compare(c.ID, id) })
	if !found {
		return CPU{}, false
	}
	return t.CPUs[i], true
}

// CPUs gives the distinct CPUs of the node, ascending.
func (n Node) CPUs() []int { return distinct(n.Cores) }

// PerCPU gives the largest number of cores that one CPU serves: 1 unless
// Shared.
func (t *Topology) PerCPU() int {
	serves, most := map[int]int{}, 0
	for _, n := range t.Nodes {
		for _, cpu := range n.Cores {
			serves[cpu]++
			most = max(most, serves[cpu])
		}
	}
	return most
}

// Package report holds what guest/probe prints, for the host to read. Each
// subcommand prints one value of this package as JSON; the host decodes it and
// compares it with the machine that it asked for.
//
// Concurrency: plain data, not synchronised.
package report

// Node is one NUMA node as the guest's /sys shows it.
type Node struct {
	// ID is the node's number.
	ID int `json:"id"`
	// CPUs are the numbers of its CPUs.
	CPUs []int `json:"cpus"`
	// MemoryKiB is the memory that the kernel has on it, in KiB: what the
	// machine has, less what firmware and the kernel's image took.
	MemoryKiB int `json:"memory_kib"`
	// Distances are the distances to the nodes that are online, by their order.
	Distances []int `json:"distances"`
	// Hugepages and HugepagesFree count the 2 MiB pages of its pool.
	Hugepages     int `json:"hugepages"`
	HugepagesFree int `json:"hugepages_free"`
}

// Pin is a thread that numa.Pin put on a CPU.
type Pin struct {
	// Asked is the CPU that it was pinned to.
	Asked int `json:"asked"`
	// CPU and Node are where it ran then, by getcpu.
	CPU  int `json:"cpu"`
	Node int `json:"node"`
	// NumaCPU is the same by numa.CurrentCPU.
	NumaCPU int `json:"numa_cpu"`
}

// Stripe is a part of a shared mapping that numa.BindRange bound to a node and
// numa.Populate filled.
type Stripe struct {
	// PageSize is the size of its pages in bytes.
	PageSize int `json:"page_size_bytes"`
	// Asked is the node that it was bound to.
	Asked int `json:"asked"`
	// Nodes counts its pages by node, by move_pages. A negative node is an
	// error number: the kernel's answer for a page that is not there.
	Nodes map[int]int `json:"nodes"`
	// NumaNodes is the same by numa.PagesByNode.
	NumaNodes map[int]int `json:"numa_nodes"`
	// PoolUsed is how many hugepages its node's pool lost to it, by sysfs.
	PoolUsed int `json:"pool_used"`
}

// Inherited is a process executed from a thread that was pinned and bound to a
// node by package numa.
type Inherited struct {
	// Asked is the node.
	Asked int `json:"asked"`
	// Heap counts the pages of its Go heap by node, by move_pages.
	Heap map[int]int `json:"heap"`
	// Threads counts its threads by the list of CPUs that they may run on.
	Threads map[string]int `json:"threads"`
}

// Process is a process as /proc and move_pages show it to others.
type Process struct {
	// PID is its number.
	PID int `json:"pid"`
	// Args are its program's name and arguments.
	Args []string `json:"args"`
	// Threads counts its threads by the list of CPUs that they may run on.
	Threads map[string]int `json:"threads"`
	// Mappings are its memfds, by address, and its anonymous memory.
	Mappings []Mapping `json:"mappings"`
}

// Anonymous is the name of the mapping that stands for all private memory that
// a process got from the kernel at run time: the Go heap, the stacks and the
// runtime's own tables. (Go does not say which is which, and puts its heap
// somewhere else each time.)
const Anonymous = "[anonymous]"

// Mapping is a part of a process's memory.
type Mapping struct {
	// Name is that of the memfd, or Anonymous.
	Name string `json:"name"`
	// PageSize is the size of its pages in bytes.
	PageSize int `json:"page_size_bytes"`
	// Nodes counts its pages by node, of those that the process has touched.
	Nodes map[int]int `json:"nodes"`
	// Runs are all pages of a memfd's mapping in order. A negative node is an
	// error number: the kernel's answer for a page that the process has not
	// touched.
	Runs []Run `json:"runs,omitempty"`
}

// Run is a number of pages in a row on one node.
type Run struct {
	// Node is where they are.
	Node int `json:"node"`
	// Pages is how many.
	Pages int `json:"pages"`
}

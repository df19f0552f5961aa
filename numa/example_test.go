package numa_test

import (
	"fmt"
	"testing/fstest"

	"github.com/nrkern/nrkern/numa"
)

// A machine of four CPUs without any word about nodes, as one with two.
func ExampleTopology_Overlay() {
	sys := fstest.MapFS{"devices/system/cpu/online": {Data: []byte("0-3\n")}}
	found, err := numa.Read(sys, numa.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	spec, err := numa.ParseSpec("2x2")
	if err != nil {
		fmt.Println(err)
		return
	}
	virtual, err := found.Overlay(spec)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range virtual.Nodes {
		fmt.Printf("node %d: CPUs %v, memory of Linux node %d\n", n.ID, n.Cores, n.Memory)
	}
	// Output:
	// node 0: CPUs [0 1], memory of Linux node 0
	// node 1: CPUs [2 3], memory of Linux node 0
}

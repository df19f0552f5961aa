package nrkernel_test

import (
	"fmt"
	"sync"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/nrkernel"
)

// counter is a sequential structure; below it is replicated twice.
type counter struct {
	kernel.Simple
	n uint64
}

func (c *counter) Apply(op *kernel.Op, res *kernel.Result) { c.n += op.Args[0]; res.Value = c.n }
func (c *counter) Query(_ *kernel.Op, res *kernel.Result)  { res.Value = c.n }
func (c *counter) Digest() uint64                          { return c.n }

// A structure of one's own, made concurrent.
func Example() {
	group, _ := nrkernel.NewGroup(2, func() kernel.Service { return new(counter) }, nrkernel.Options{})
	var all sync.WaitGroup
	for i := range 4 {
		port, _ := group.Replica(i % 2).NewPort(1) // one port a goroutine
		all.Go(func() {
			for range 1000 {
				_, _ = kernel.Call(port, kernel.Op{Service: 1, Code: 1, Args: [6]uint64{1}})
			}
		})
	}
	all.Wait()
	port, _ := group.Replica(1).NewPort(1)
	res, _ := kernel.Call(port, kernel.Op{Service: 1, Code: kernel.QueryBit})
	fmt.Println(res.Value)
	// Output: 4000
}

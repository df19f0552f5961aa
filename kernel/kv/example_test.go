package kv_test

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// The service by itself, as a structure calls it.
func Example() {
	store := kv.New(kv.Options{})
	var res kernel.Result
	for _, op := range []kernel.Op{
		kv.Put(7, 40),
		kv.Add(7, 2),
		kv.CompareAndSwap(7, 1, 2),
		kv.PutBytes(8, []byte("hello")),
	} {
		store.Apply(&op, &res)
		fmt.Println(res.Status, res.Value)
	}
	get := kv.GetAny(8)
	store.Query(&get, &res)
	fmt.Println(kv.Kind(res.Value), kv.Format(&get, &res))
	// Output:
	// ok 0
	// ok 42
	// mismatch 42
	// ok 0
	// bytes "hello"
}

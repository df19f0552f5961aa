package transport

import "unsafe"

// Pad keeps what comes before it in a struct, or in the heap, off the cache
// lines of what comes after. Structs that one thread writes all the time begin
// and end with one: the allocator packs objects of a size side by side, and two
// threads' objects on one line cost as much as sharing.
type Pad [LineSize]byte

// Apart returns n zeroed values that share no cache line with other
// allocations: for memory that one thread writes all the time.
func Apart[T any](n int) []T {
	var t T
	margin := int((LineSize + unsafe.Sizeof(t) - 1) / max(unsafe.Sizeof(t), 1))
	return make([]T, n+2*margin)[margin : margin+n : margin+n]
}

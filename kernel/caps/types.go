package caps

import "fmt"

// Type is what a capability refers to.
type Type uint8

// The types.
const (
	Null       Type = iota
	PhysAddr        // all memory, of which the first objects are made; nobody has it
	RAM             // memory without a use
	Frame           // memory that can be mapped
	VNode           // a page table
	CNode           // slots
	Dispatcher      // a thread's control block
	DevFrame        // memory of a device
	types
)

var typeNames = [types]string{"null", "physaddr", "ram", "frame", "vnode", "cnode", "dispatcher", "devframe"}

// String returns the type's name.
func (t Type) String() string {
	if t < types {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// ParseType reads the name of a type that objects have.
func ParseType(s string) (Type, error) {
	for t := RAM; t < types; t++ {
		if s == t.String() {
			return t, nil
		}
	}
	return Null, fmt.Errorf("type %q: want ram, frame, vnode, cnode, dispatcher or devframe", s)
}

// rank tells an object from a descendant that covers as much.
func (t Type) rank() int {
	switch t {
	case Null, PhysAddr:
		return 0
	case RAM:
		return 1
	}
	return 2
}

// Retypable reports whether objects of one type can be made of another.
func Retypable(from, to Type) bool {
	switch from {
	case PhysAddr:
		return to == RAM || to == DevFrame
	case RAM:
		return to == RAM || to == Frame || to == VNode || to == CNode || to == Dispatcher
	case Frame, DevFrame:
		return to == from
	}
	return false
}

const (
	// Page is the granule of bases and sizes, in bytes.
	Page = 4096
	// End is where memory ends.
	End = 1 << 48
)

// Region is memory and what it is used as.
type Region struct {
	Type        Type
	Base, Bytes uint64
}

// Root is the region that all others are made of.
func Root() Region { return Region{PhysAddr, 0, End} }

// End returns the first address after the region.
func (r Region) End() uint64 { return r.Base + r.Bytes }

// Covers reports whether any of the memory from low to high is the region's.
func (r Region) Covers(low, high uint64) bool { return r.Base < high && low < r.End() }

// Descends reports whether r, one of two objects that differ, is a descendant of of.
// Objects that share memory lie within each other, and one that covers as much as
// its ancestor has another type.
func (r Region) Descends(of Region) bool {
	return r.Base >= of.Base && r.End() <= of.End() && (r.Bytes < of.Bytes || r.Type.rank() > of.Type.rank())
}

// valid reports whether there can be such an object.
func (r Region) valid() bool {
	return r.Type >= RAM && r.Type < types && r.Bytes > 0 && r.Base%Page == 0 && r.Bytes%Page == 0 && r.Base < End && r.Bytes <= End-r.Base
}

// String shows the region.
func (r Region) String() string {
	return fmt.Sprintf("%s %#x-%#x", r.Type, r.Base, r.End()-1)
}

package caps

import (
	"encoding/binary"

	"github.com/nrkern/nrkern/kernel"
)

// ID is the service's number in the table of services.
const ID kernel.ServiceID = 3

// Limits of operations.
const (
	// MaxSpaces is the number of spaces.
	MaxSpaces = 64
	// MaxSlot is the number of the last slot of a space; the first is 1.
	MaxSlot = 1<<16 - 1
	// MaxCount is how many objects one retype makes.
	MaxCount = 64
	// MaxPage is how many capabilities a list answers.
	MaxPage = 32
)

// The operations. All have a place in Args[0] (see Places): the space and slot that
// they are about, and for copy, retype and transfer where to.
const (
	CodeCreate   kernel.Code = 1 // Args[1]: base, Args[2]: bytes and type
	CodeRetype   kernel.Code = 2 // Args[1]: offset and count, Args[2]: bytes of each and type
	CodeCopy     kernel.Code = 3
	CodeDelete   kernel.Code = 4
	CodeRevoke   kernel.Code = 5
	CodeTransfer kernel.Code = 6

	CodeIdentify = kernel.QueryBit | 1
	CodeList     = kernel.QueryBit | 2 // from the slot on
)

// Places is the first argument of an operation.
type Places struct{ Space, Slot, ToSpace, ToSlot int }

// Word packs the places: space, slot, space and slot, of 8 and 24 bits.
func (p Places) Word() uint64 {
	return uint64(p.Space) | uint64(p.Slot)<<8 | uint64(p.ToSpace)<<32 | uint64(p.ToSlot)<<40
}

// PlacesOf reads them.
func PlacesOf(op *kernel.Op) Places {
	w := op.Args[0]
	return Places{int(w & 0xff), int(w >> 8 & 0xffffff), int(w >> 32 & 0xff), int(w >> 40)}
}

// Create makes an object of memory that nobody has.
func Create(space, slot int, t Type, base, bytes uint64) kernel.Op {
	return of(CodeCreate, Places{Space: space, Slot: slot}, base, bytes|uint64(t))
}

// Retype makes count objects of so many bytes each of the memory from offset on,
// at slots from to on.
func Retype(space, slot int, t Type, offset, bytes uint64, count, to int) kernel.Op {
	return of(CodeRetype, Places{space, slot, space, to}, offset|uint64(count), bytes|uint64(t))
}

// Copy makes a copy.
func Copy(space, slot, toSpace, to int) kernel.Op {
	return of(CodeCopy, Places{space, slot, toSpace, to}, 0, 0)
}

// Delete empties a slot.
func Delete(space, slot int) kernel.Op { return of(CodeDelete, Places{Space: space, Slot: slot}, 0, 0) }

// Revoke deletes all other copies, and all descendants.
func Revoke(space, slot int) kernel.Op { return of(CodeRevoke, Places{Space: space, Slot: slot}, 0, 0) }

// Transfer makes another space, which has a copy, the owner.
func Transfer(space, slot, to int) kernel.Op {
	return of(CodeTransfer, Places{Space: space, Slot: slot, ToSpace: to}, 0, 0)
}

// Identify says what a slot holds.
func Identify(space, slot int) kernel.Op {
	return of(CodeIdentify, Places{Space: space, Slot: slot}, 0, 0)
}

// List says what the slots of a space hold, from one on, up to MaxPage of them.
func List(space, from int) kernel.Op { return of(CodeList, Places{Space: space, Slot: from}, 0, 0) }

func of(c kernel.Code, p Places, a, b uint64) kernel.Op {
	return kernel.Op{Service: ID, Code: c, Args: [kernel.MaxArgs]uint64{p.Word(), a, b}}
}

// Making is what create and retype are to make: count regions, the first of which
// begins at Base, which in a retype counts from the object's own base.
func Making(op *kernel.Op) (first Region, count int) {
	first = Region{Type(op.Args[2] % Page), op.Args[1] &^ (Page - 1), op.Args[2] &^ (Page - 1)}
	if op.Code == CodeCreate {
		return first, 1
	}
	return first, int(op.Args[1] % Page)
}

// Part judges what a retype is to make of an object: StatusOK and the memory that it
// takes, or why it cannot be.
func Part(op *kernel.Op, of Region) (low, high uint64, s kernel.Status) {
	first, count := Making(op)
	switch {
	case !Retypable(of.Type, first.Type) || first.Type == of.Type && first.Bytes >= of.Bytes:
		return 0, 0, kernel.StatusWrongType
	case first.Base >= of.Bytes || first.Bytes > (of.Bytes-first.Base)/uint64(count):
		return 0, 0, kernel.StatusInvalid
	}
	low = of.Base + first.Base
	return low, low + first.Bytes*uint64(count), kernel.StatusOK
}

// Called names an operation: what a trace shows.
func Called(c kernel.Code) string {
	switch c {
	case CodeCreate:
		return "create"
	case CodeRetype:
		return "retype"
	case CodeCopy:
		return "copy"
	case CodeDelete:
		return "delete"
	case CodeRevoke:
		return "revoke"
	case CodeTransfer:
		return "transfer"
	case CodeIdentify:
		return "identify"
	case CodeList:
		return "list"
	}
	return ""
}

// Check answers StatusInvalid for an operation that this service does not have, or
// whose operands cannot be.
func Check(op *kernel.Op) kernel.Status {
	if !wellFormed(op) {
		return kernel.StatusInvalid
	}
	return kernel.StatusOK
}

func wellFormed(op *kernel.Op) bool {
	p := PlacesOf(op)
	slot := func(n int) bool { return n >= 1 && n <= MaxSlot }
	if len(op.Data) != 0 || p.Space >= MaxSpaces || p.ToSpace >= MaxSpaces || !slot(p.Slot) {
		return false
	}
	first, count := Making(op)
	switch op.Code {
	case CodeCreate:
		return first.valid() && op.Args[1]%Page == 0
	case CodeRetype:
		return count >= 1 && count <= MaxCount && first.valid() && slot(p.ToSlot) && slot(p.ToSlot+count-1) && p.ToSpace == p.Space
	case CodeCopy:
		return slot(p.ToSlot)
	case CodeDelete, CodeRevoke, CodeTransfer, CodeIdentify, CodeList:
		return true
	}
	return false
}

// Info is what is said of a capability.
type Info struct {
	Slot int
	Region
	// Owner: its space owns the object.
	Owner bool
}

const infoBytes = 24

// head is type and owner in a word.
func (i Info) head() uint64 {
	h := uint64(i.Type)
	if i.Owner {
		h |= 1 << 8
	}
	return h
}

// Answer fills in the result of an identify.
func (i Info) Answer(res *kernel.Result) {
	res.Value = i.head()
	res.Data = binary.LittleEndian.AppendUint64(res.Data[:0], i.Base)
	res.Data = binary.LittleEndian.AppendUint64(res.Data, i.Bytes)
}

// Append adds a capability to the answer of a list, which has room for MaxPage.
func (i Info) Append(res *kernel.Result) {
	res.Value++
	for _, w := range [...]uint64{i.head() | uint64(i.Slot)<<16, i.Base, i.Bytes} {
		res.Data = binary.LittleEndian.AppendUint64(res.Data, w)
	}
}

// DecodeIdentify reads the answer of an identify.
func DecodeIdentify(slot int, res *kernel.Result) (i Info, ok bool) {
	if len(res.Data) != 16 {
		return i, false
	}
	return Info{
		slot,
		Region{Type(res.Value), binary.LittleEndian.Uint64(res.Data), binary.LittleEndian.Uint64(res.Data[8:])},
		res.Value>>8&1 != 0,
	}, true
}

// DecodeList reads the answer of a list.
func DecodeList(data []byte) (all []Info, ok bool) {
	for ; len(data) >= infoBytes; data = data[infoBytes:] {
		head := binary.LittleEndian.Uint64(data)
		all = append(all, Info{
			int(head >> 16),
			Region{Type(head), binary.LittleEndian.Uint64(data[8:]), binary.LittleEndian.Uint64(data[16:])},
			head>>8&1 != 0,
		})
	}
	return all, len(data) == 0
}

// Digest is what a capability adds to the digest of its space.
func (i Info) Digest(space int) uint64 {
	h := mix(uint64(space)<<32 | uint64(i.Slot) + 0x9e3779b97f4a7c15)
	h = mix(h ^ i.head())
	h = mix(h ^ i.Base)
	return mix(h ^ i.Bytes)
}

// mix is a permutation in which every bit depends on all (the finaliser of
// splitmix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

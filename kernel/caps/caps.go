package caps

import (
	"cmp"
	"slices"

	"github.com/nrkern/nrkern/kernel"
)

// Caps is an instance of the service: all spaces, and the tree of objects.
type Caps struct {
	spaces [MaxSpaces][]slot // in ascending order of slots
	// objects are in the order in which a walk of the tree comes to them, ancestors
	// first: the descendants of one follow it.
	objects []*object
}

type slot struct {
	number int
	object *object
}

// object is what capabilities refer to.
type object struct {
	Region
	owner  int
	copies [MaxSpaces]int // slots that hold it, by space
}

var _ kernel.Service = (*Caps)(nil)

// New returns an instance without objects.
func New() *Caps { return new(Caps) }

// Shards returns 1.
func (c *Caps) Shards() int { return 1 }

// Shard returns 0, the only shard.
func (c *Caps) Shard(*kernel.Op) int { return 0 }

// order compares regions as objects are ordered.
func order(a, b Region) int {
	if n := cmp.Compare(a.Base, b.Base); n != 0 {
		return n
	}
	if n := cmp.Compare(b.Bytes, a.Bytes); n != 0 {
		return n
	}
	return cmp.Compare(a.Type.rank(), b.Type.rank())
}

func (c *Caps) at(space, number int) (int, bool) {
	return slices.BinarySearchFunc(c.spaces[space], number, func(s slot, n int) int { return cmp.Compare(s.number, n) })
}

func (c *Caps) find(space, number int) *object {
	if i, found := c.at(space, number); found {
		return c.spaces[space][i].object
	}
	return nil
}

func (c *Caps) put(space, number int, o *object) {
	i, _ := c.at(space, number)
	c.spaces[space] = slices.Insert(c.spaces[space], i, slot{number, o})
	o.copies[space]++
}

// Apply executes an operation that changes state.
func (c *Caps) Apply(op *kernel.Op, res *kernel.Result) {
	res.Reset()
	p := PlacesOf(op)
	if op.Code == CodeCreate {
		first, _ := Making(op)
		if !Retypable(PhysAddr, first.Type) {
			res.Status = kernel.StatusWrongType
			return
		}
		c.make(Root(), first.Base, first.End(), first, 1, p.Space, p.Slot, res)
		return
	}
	o := c.find(p.Space, p.Slot)
	if o == nil {
		res.Status = kernel.StatusNotFound
		return
	}
	switch op.Code {
	case CodeRetype:
		low, high, s := Part(op, o.Region)
		if res.Status = s; s != kernel.StatusOK {
			return
		}
		first, count := Making(op)
		first.Base = low
		c.make(o.Region, low, high, first, count, p.Space, p.ToSlot, res)
	case CodeCopy:
		if c.find(p.ToSpace, p.ToSlot) != nil {
			res.Status = kernel.StatusExists
			return
		}
		c.put(p.ToSpace, p.ToSlot, o)
	case CodeDelete:
		c.delete(p.Space, p.Slot, o)
	case CodeRevoke:
		res.Value = c.revoke(p.Space, p.Slot, o)
	case CodeTransfer:
		if o.copies[p.ToSpace] == 0 {
			res.Status = kernel.StatusMismatch
			return
		}
		o.owner = p.ToSpace
	default:
		res.Status = kernel.StatusInvalid
	}
}

// make makes objects of the memory from low to high of one.
func (c *Caps) make(of Region, low, high uint64, first Region, count, space, to int, res *kernel.Result) {
	for _, o := range c.objects {
		if o.Descends(of) && o.Covers(low, high) {
			res.Status = kernel.StatusMismatch
			return
		}
	}
	for i := range count {
		if c.find(space, to+i) != nil {
			res.Status = kernel.StatusExists
			return
		}
	}
	for i := range count {
		o := &object{Region: first, owner: space}
		at, _ := slices.BinarySearchFunc(c.objects, o.Region, func(o *object, r Region) int { return order(o.Region, r) })
		c.objects = slices.Insert(c.objects, at, o)
		c.put(space, to+i, o)
		first.Base += first.Bytes
	}
}

func (c *Caps) delete(space, number int, o *object) {
	i, _ := c.at(space, number)
	c.spaces[space] = slices.Delete(c.spaces[space], i, i+1)
	if o.copies[space]--; o.copies[space] > 0 || o.owner != space {
		return
	}
	if next := slices.IndexFunc(o.copies[:], func(n int) bool { return n > 0 }); next >= 0 {
		o.owner = next
		return
	}
	c.objects = slices.DeleteFunc(c.objects, func(other *object) bool { return other == o })
}

// revoke deletes all other copies of an object and all of its descendants, and says
// how many slots that emptied.
func (c *Caps) revoke(space, number int, o *object) (emptied uint64) {
	for s := range c.spaces {
		before := len(c.spaces[s])
		c.spaces[s] = slices.DeleteFunc(c.spaces[s], func(at slot) bool {
			if at.object == o {
				return s != space || at.number != number
			}
			return at.object.Descends(o.Region)
		})
		emptied += uint64(before - len(c.spaces[s]))
	}
	c.objects = slices.DeleteFunc(c.objects, func(other *object) bool { return other != o && other.Descends(o.Region) })
	o.copies, o.owner = [MaxSpaces]int{}, space
	o.copies[space] = 1
	return emptied
}

// Query executes an operation that only reads.
func (c *Caps) Query(op *kernel.Op, res *kernel.Result) {
	res.Reset()
	p := PlacesOf(op)
	switch op.Code {
	case CodeIdentify:
		o := c.find(p.Space, p.Slot)
		if o == nil {
			res.Status = kernel.StatusNotFound
			return
		}
		Info{p.Slot, o.Region, o.owner == p.Space}.Answer(res)
	case CodeList:
		i, _ := c.at(p.Space, p.Slot)
		for _, s := range c.spaces[p.Space][i:] {
			if res.Value == MaxPage {
				return
			}
			Info{s.number, s.object.Region, s.object.owner == p.Space}.Append(res)
		}
	default:
		res.Status = kernel.StatusInvalid
	}
}

// Digest returns the sum, modulo 2^64, of a mix of each capability: what is where,
// and who owns it.
func (c *Caps) Digest() uint64 {
	var sum uint64
	for space := range c.spaces {
		for _, s := range c.spaces[space] {
			sum += Info{s.number, s.object.Region, s.object.owner == space}.Digest(space)
		}
	}
	return sum
}

package caps

import "github.com/nrkern/nrkern/kernel"

// Draw returns a random operation on few slots of some spaces and little memory, for
// histories and searches: below draws a number below n. Slots 1 and 2 mostly hold what
// was created, 3 to 5 what was made of it, and copies mostly go to slots of the same
// number, so that many operations find something.
func Draw(below func(n uint64) uint64, spaces int) kernel.Op {
	at, from := int(below(uint64(spaces))), 1+int(below(3)*below(2))
	to, made := int(below(uint64(spaces))), 3+int(below(3))
	switch below(20) {
	case 0, 1:
		return Create(at, 1+int(below(2)), []Type{RAM, RAM, RAM, DevFrame, Frame}[below(5)], Page*4*below(2), 4*Page*(1+below(2)))
	case 2, 3, 4, 5, 6:
		t := []Type{RAM, RAM, RAM, Frame, Frame, VNode, DevFrame}[below(7)]
		return Retype(at, from, t, Page*below(4), Page*(1+below(2)), 1+int(below(2)*below(2)), made)
	case 7, 8, 9, 10, 11, 12:
		if below(3) == 0 {
			return Copy(at, from, to, made)
		}
		return Copy(at, from, to, from)
	case 13, 14:
		return Delete(at, from)
	case 15, 16:
		return Revoke(at, from)
	case 17:
		return Transfer(at, from, to)
	case 18:
		return Identify(at, from)
	}
	return List(at, 1)
}

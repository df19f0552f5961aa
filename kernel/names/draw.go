package names

import (
	"fmt"

	"github.com/nrkern/nrkern/kernel"
)

// few are enough to meet at.
const few = 3

// Draw returns a random operation on few names and sessions, for histories and
// searches: below draws a number below n, last is the value that the operation
// before answered.
func Draw(below func(n uint64) uint64, last uint64) kernel.Op {
	name := fmt.Sprintf("name.%d", below(few))
	session := 1 + below(few)
	a := Attributes{}
	if below(2) == 0 {
		a["color"] = []string{"red", "blue"}[below(2)]
	}
	if below(2) == 0 {
		a["size"] = fmt.Sprint(below(20))
	}
	number := last
	if below(4) == 0 {
		number = below(30)
	}
	conditions := []Condition{{"color", Has, ""}, {"color", Equal, "red"}, {"color", NotEqual, "red"}, {"size", Less, "10"}, {"size", GreaterEqual, "5"}}
	switch below(24) {
	case 0, 1:
		return SetFor(below(few+1), Mode(below(4)), number, name, []byte(fmt.Sprint(below(1000))), a)
	case 2:
		return Set(name, nil, a)
	case 3:
		return Delete(name, number*below(2))
	case 4:
		return Get(name)
	case 5:
		return Wait(name, number)
	case 6:
		return List([]string{"*", "name.1", "name.?", "*2"}[below(4)], []string{"", "name.0"}[below(2)], 1+int(below(3)), conditions[below(5)])
	case 7:
		return List("name.*", "", MaxPage)
	case 8:
		return Count()
	case 9, 10:
		return Lock(name, session)
	case 11:
		return TryLock(name, session)
	case 12:
		return Locked(name, session)
	case 13:
		return Holder(name)
	case 14, 15:
		return Unlock(name, session)
	case 16:
		return Enter(name, session, 2+below(2))
	case 17:
		return Entered(name, session, number)
	case 18:
		return Leave(name, session)
	case 19:
		return Subscribe(name, session, below(3))
	case 20:
		if below(3) == 0 {
			return Unsubscribe(name, session)
		}
		return Peek(name, session, number*below(2))
	case 21:
		return Publish(name, []byte(fmt.Sprint("message ", below(1000))))
	case 22:
		return Receive(name, session, number)
	}
	first := 1 + below(few)
	return Expire(first, first+below(2))
}

package names

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/kernel"
)

// ErrUsage is the error of words that are no operation of names.
var ErrUsage = errors.New("names usage")

// Usage lists the operations that Parse understands.
const Usage = `set NAME VALUE [KEY=VALUE]... [new] [version N] [fence N] [session N]
                   store a value and attributes: always, if there is none,
                   if it has this version, or if no later token set it;
                   with a session, until that ends
get NAME           the value, the attributes, and the version
wait NAME [version N]
                   the same, of a later version: "not yet" until there is
del NAME [version N]
                   remove it, if it has this version
list [PATTERN] [CONDITION]... [after NAME]
                   up to 15 names: * stands for any text, ? for one letter;
                   a condition is KEY, KEY=VALUE, KEY!=VALUE, KEY<N, KEY>=N
count              how many names have anything
lock NAME session N
                   take a lock, or a place in its queue: the token
trylock NAME session N
                   take it if nobody has it
locked NAME session N
                   whether one that waits has it: "not yet" until then
holder NAME        who has it, and how many wait
unlock NAME session N
                   give it up, or the place in the queue
enter NAME COUNT session N
                   come to a barrier of COUNT: the ticket
entered NAME ticket N session N
                   whether all came: "not yet" until then
leave NAME session N
                   go away from a barrier
subscribe NAME session N [size N]
                   open a mailbox at a topic
unsubscribe NAME session N
                   close it
publish NAME TEXT  put a message into all mailboxes
peek NAME session N [after N]
                   the first message after the one of that number
receive NAME session N [after N]
                   the same; what is up to that number is forgotten
expire FIRST [LAST]
                   let go of all that these sessions have
Numbers are whole, from 0 to 18446744073709551615, decimal or 0x hexadecimal.`

// words are the operands of an operation after its name and first operands:
// attributes and conditions, and numbers with their names before them.
type words struct {
	rest    []string
	numbers map[string]uint64
	after   string
	flags   map[string]bool
}

// form is how an operation is written.
type form struct {
	name     string
	operands []string // in this order
	optional int      // how many of them may be missing
	keywords []string // each followed by a number
	needs    []string // those that must be there
	flags    []string
	rest     bool // what is none of these is an attribute or a condition
	make     func(a []string, w words) (kernel.Op, error)
}

func simple(f func(name string) kernel.Op) func([]string, words) (kernel.Op, error) {
	return func(a []string, _ words) (kernel.Op, error) { return f(a[0]), nil }
}

func ofSession(f func(name string, session uint64) kernel.Op) func([]string, words) (kernel.Op, error) {
	return func(a []string, w words) (kernel.Op, error) { return f(a[0], w.numbers["session"]), nil }
}

func forms() []form {
	name, session := []string{"NAME"}, []string{"session"}
	after := []string{"session", "after"}
	return []form{
		{name: "set", operands: []string{"NAME", "VALUE"}, keywords: []string{"version", "fence", "session"}, flags: []string{"new"}, rest: true, make: makeSet},
		{name: "get", operands: name, make: simple(Get)},
		{name: "wait", operands: name, keywords: []string{"version"}, make: func(a []string, w words) (kernel.Op, error) { return Wait(a[0], w.numbers["version"]), nil }},
		{name: "del", operands: name, keywords: []string{"version"}, make: func(a []string, w words) (kernel.Op, error) { return Delete(a[0], w.numbers["version"]), nil }},
		{name: "list", operands: []string{"PATTERN"}, optional: 1, rest: true, make: makeList},
		{name: "count", make: func([]string, words) (kernel.Op, error) { return Count(), nil }},
		{name: "lock", operands: name, keywords: session, needs: session, make: ofSession(Lock)},
		{name: "trylock", operands: name, keywords: session, needs: session, make: ofSession(TryLock)},
		{name: "locked", operands: name, keywords: session, needs: session, make: ofSession(Locked)},
		{name: "holder", operands: name, make: simple(Holder)},
		{name: "unlock", operands: name, keywords: session, needs: session, make: ofSession(Unlock)},
		{name: "enter", operands: []string{"NAME", "COUNT"}, keywords: session, needs: session, make: makeEnter},
		{name: "entered", operands: name, keywords: []string{"ticket", "session"}, needs: []string{"ticket", "session"}, make: func(a []string, w words) (kernel.Op, error) {
			return Entered(a[0], w.numbers["session"], w.numbers["ticket"]), nil
		}},
		{name: "leave", operands: name, keywords: session, needs: session, make: ofSession(Leave)},
		{name: "subscribe", operands: name, keywords: []string{"session", "size"}, needs: session, make: func(a []string, w words) (kernel.Op, error) {
			if w.numbers["size"] > MaxMailbox {
				return kernel.Op{}, fmt.Errorf("size %d: a mailbox has at most %d messages", w.numbers["size"], MaxMailbox)
			}
			return Subscribe(a[0], w.numbers["session"], w.numbers["size"]), nil
		}},
		{name: "unsubscribe", operands: name, keywords: session, needs: session, make: ofSession(Unsubscribe)},
		{name: "publish", operands: []string{"NAME", "TEXT"}, make: makePublish},
		{name: "peek", operands: name, keywords: after, needs: session, make: func(a []string, w words) (kernel.Op, error) {
			return Peek(a[0], w.numbers["session"], w.numbers["after"]), nil
		}},
		{name: "receive", operands: name, keywords: after, needs: session, make: func(a []string, w words) (kernel.Op, error) {
			return Receive(a[0], w.numbers["session"], w.numbers["after"]), nil
		}},
		{name: "expire", operands: []string{"FIRST", "LAST"}, optional: 1, make: makeExpire},
	}
}

// Parse turns words such as "set", "serial.0", "node 1" into an operation. Usage
// lists what it understands; its errors wrap ErrUsage.
func Parse(args []string) (kernel.Op, error) {
	var all []string
	for _, f := range forms() {
		if len(args) > 0 && args[0] == f.name {
			op, err := f.parse(args[1:])
			if err == nil && !wellFormed(&op) {
				err = errors.New("the operation is longer than one can be: shorten its operands")
			}
			if err != nil {
				return kernel.Op{}, fmt.Errorf("%w: %s: %w", ErrUsage, f.name, err)
			}
			return op, nil
		}
		all = append(all, f.name)
	}
	if len(args) == 0 {
		return kernel.Op{}, fmt.Errorf("%w: no operation given: say one of %s", ErrUsage, strings.Join(all, ", "))
	}
	return kernel.Op{}, fmt.Errorf("%w: there is no operation %q: say one of %s", ErrUsage, args[0], strings.Join(all, ", "))
}

func (f form) parse(args []string) (kernel.Op, error) {
	w := words{numbers: map[string]uint64{}, flags: map[string]bool{}}
	var operands []string
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case len(operands) < len(f.operands)-f.optional:
			operands = append(operands, word)
		case slices.Contains(f.keywords, word):
			if len(args) == 0 {
				return kernel.Op{}, fmt.Errorf("%s needs a number after it", word)
			}
			n, err := parseNumber(args[0])
			if err != nil {
				return kernel.Op{}, fmt.Errorf("%s %w", word, err)
			}
			w.numbers[word], args = n, args[1:]
		case f.name == "list" && word == "after":
			if len(args) == 0 {
				return kernel.Op{}, errors.New("after needs a name after it")
			}
			w.after, args = args[0], args[1:]
		case slices.Contains(f.flags, word):
			w.flags[word] = true
		case len(operands) < len(f.operands):
			operands = append(operands, word)
		case f.rest:
			w.rest = append(w.rest, word)
		default:
			return kernel.Op{}, fmt.Errorf("%q is too much: write %s", word, f.usage())
		}
	}
	if len(operands) < len(f.operands)-f.optional {
		return kernel.Op{}, fmt.Errorf("%s is missing: write %s", f.operands[len(operands)], f.usage())
	}
	if len(operands) > 0 && f.operands[0] == "NAME" && !ValidName(operands[0]) {
		return kernel.Op{}, fmt.Errorf("NAME %q: want 1 to %d letters, digits and signs, none of them a space, * or ?", operands[0], MaxName)
	}
	for _, need := range f.needs {
		if w.numbers[need] == 0 {
			return kernel.Op{}, fmt.Errorf("%s is missing or 0: write %s", need, f.usage())
		}
	}
	return f.make(operands, w)
}

// usage is the line of Usage.
func (f form) usage() string {
	for line := range strings.Lines(Usage) {
		if strings.HasPrefix(line, f.name+" ") {
			text, _, _ := strings.Cut(strings.TrimSpace(line), "   ")
			return text
		}
	}
	return f.name
}

func makeSet(a []string, w words) (kernel.Op, error) {
	attributes := Attributes{}
	for _, word := range w.rest {
		key, value, ok := strings.Cut(word, "=")
		if !ok || !validKey([]byte(key)) || len(key) > MaxKey || len(value) > MaxAttribute {
			return kernel.Op{}, fmt.Errorf("attribute %q: want KEY=VALUE, a key of 1 to %d letters and a value of at most %d (quote a value with spaces)", word, MaxKey, MaxAttribute)
		}
		attributes[key] = value
	}
	if len(attributes) > MaxAttributes {
		return kernel.Op{}, fmt.Errorf("%d attributes: at most %d fit", len(attributes), MaxAttributes)
	}
	if len(a[1]) > MaxValue {
		return kernel.Op{}, fmt.Errorf("VALUE has %d bytes: at most %d fit", len(a[1]), MaxValue)
	}
	mode, with, modes := Always, uint64(0), 0
	if w.flags["new"] {
		mode, modes = IfNew, modes+1
	}
	for word, m := range map[string]Mode{"version": IfVersion, "fence": Fenced} {
		if n, ok := w.numbers[word]; ok {
			mode, with, modes = m, n, modes+1
		}
	}
	if modes > 1 {
		return kernel.Op{}, errors.New("say one of new, version N and fence N")
	}
	return SetFor(w.numbers["session"], mode, with, a[0], []byte(a[1]), attributes), nil
}

func makeList(a []string, w words) (kernel.Op, error) {
	pattern := "*"
	if len(a) > 0 {
		pattern = a[0]
	}
	if len(pattern) > MaxName || len(w.after) > MaxName {
		return kernel.Op{}, fmt.Errorf("a pattern and a name have at most %d bytes", MaxName)
	}
	if len(w.rest) > MaxAttributes {
		return kernel.Op{}, fmt.Errorf("%d conditions: at most %d fit", len(w.rest), MaxAttributes)
	}
	var where []Condition
	for _, word := range w.rest {
		c, err := ParseCondition(word)
		if err != nil {
			return kernel.Op{}, err
		}
		where = append(where, c)
	}
	return List(pattern, w.after, MaxPage, where...), nil
}

func makeEnter(a []string, w words) (kernel.Op, error) {
	n, err := parseNumber(a[1])
	if err != nil {
		return kernel.Op{}, fmt.Errorf("COUNT %w", err)
	}
	if n < 1 || n > MaxBarrier {
		return kernel.Op{}, fmt.Errorf("COUNT %d: a barrier is of 1 to %d", n, MaxBarrier)
	}
	return Enter(a[0], w.numbers["session"], n), nil
}

func makePublish(a []string, _ words) (kernel.Op, error) {
	if len(a[1]) > MaxMessage {
		return kernel.Op{}, fmt.Errorf("TEXT has %d bytes: at most %d fit in a message", len(a[1]), MaxMessage)
	}
	return Publish(a[0], []byte(a[1])), nil
}

func makeExpire(a []string, _ words) (kernel.Op, error) {
	var n [2]uint64
	for i, word := range a {
		var err error
		if n[i], err = parseNumber(word); err != nil {
			return kernel.Op{}, fmt.Errorf("session %w", err)
		}
	}
	if len(a) == 1 {
		n[1] = n[0]
	}
	if n[0] == 0 || n[0] > n[1] {
		return kernel.Op{}, fmt.Errorf("sessions %d to %d: want the first, not 0, and the last", n[0], n[1])
	}
	return Expire(n[0], n[1]), nil
}

// parseNumber reads a number of 64 bits. A leading 0 does not make it octal.
func parseNumber(word string) (uint64, error) {
	digits, base := word, 10
	if hex, found := strings.CutPrefix(strings.ToLower(word), "0x"); found {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		if len(word) > 40 {
			word = word[:40] + "..."
		}
		return 0, fmt.Errorf("%q: want a whole number from 0 to 18446744073709551615", word)
	}
	return n, nil
}

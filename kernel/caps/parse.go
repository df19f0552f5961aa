package caps

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/kernel"
)

// ErrUsage is the error of words that are no operation of caps.
var ErrUsage = errors.New("caps usage")

// Usage lists the operations that Parse understands.
const Usage = `create SPACE SLOT TYPE BASE BYTES
                   an object of memory that nobody has: ram or devframe
retype SPACE SLOT TYPE OFFSET BYTES COUNT TO
                   make COUNT objects of a part, at slots from TO on
copy SPACE SLOT SPACE TO
                   a copy in another space, or in the same
delete SPACE SLOT  empty a slot
revoke SPACE SLOT  delete all other copies, and all that was made of it
transfer SPACE SLOT SPACE
                   make another space, which has a copy, the owner
identify SPACE SLOT
                   what a slot holds
list SPACE [FROM]  what up to 32 slots hold
A space is a node's number. Types are ram, frame, vnode, cnode, dispatcher and
devframe. Numbers are whole, decimal or 0x hexadecimal; bases and sizes are in bytes,
multiples of 4096.`

// forms are the operations, with their operands by kind: s a space, n a slot, t a
// type, b a base or size, c a count.
func forms() map[string]struct {
	kinds, usage string
	make         func(a []uint64) kernel.Op
} {
	i := func(v uint64) int { return int(v) }
	type form = struct {
		kinds, usage string
		make         func(a []uint64) kernel.Op
	}
	return map[string]form{
		"create": {"sntbb", "SPACE SLOT TYPE BASE BYTES", func(a []uint64) kernel.Op { return Create(i(a[0]), i(a[1]), Type(a[2]), a[3], a[4]) }},
		"retype": {"sntbbcn", "SPACE SLOT TYPE OFFSET BYTES COUNT TO", func(a []uint64) kernel.Op {
			return Retype(i(a[0]), i(a[1]), Type(a[2]), a[3], a[4], i(a[5]), i(a[6]))
		}},
		"copy":     {"snsn", "SPACE SLOT SPACE TO", func(a []uint64) kernel.Op { return Copy(i(a[0]), i(a[1]), i(a[2]), i(a[3])) }},
		"delete":   {"sn", "SPACE SLOT", func(a []uint64) kernel.Op { return Delete(i(a[0]), i(a[1])) }},
		"revoke":   {"sn", "SPACE SLOT", func(a []uint64) kernel.Op { return Revoke(i(a[0]), i(a[1])) }},
		"transfer": {"sns", "SPACE SLOT SPACE", func(a []uint64) kernel.Op { return Transfer(i(a[0]), i(a[1]), i(a[2])) }},
		"identify": {"sn", "SPACE SLOT", func(a []uint64) kernel.Op { return Identify(i(a[0]), i(a[1])) }},
		"list":     {"sn", "SPACE [FROM]", func(a []uint64) kernel.Op { return List(i(a[0]), i(a[1])) }},
	}
}

const operationNames = "create, retype, copy, delete, revoke, transfer, identify, list"

// Parse turns words such as "create", "0", "1", "ram", "0x10000", "0x4000" into an
// operation. Usage lists what it understands; its errors wrap ErrUsage.
func Parse(args []string) (kernel.Op, error) {
	if len(args) == 0 {
		return kernel.Op{}, fmt.Errorf("%w: no operation given: say one of %s", ErrUsage, operationNames)
	}
	f, known := forms()[args[0]]
	if !known {
		return kernel.Op{}, fmt.Errorf("%w: there is no operation %q: say one of %s", ErrUsage, args[0], operationNames)
	}
	words := args[1:]
	if args[0] == "list" && len(words) == 1 {
		words = append(words[:1:1], "1")
	}
	if len(words) != len(f.kinds) {
		return kernel.Op{}, fmt.Errorf("%w: %s takes %d operands, %d given: write %s %s", ErrUsage, args[0], len(f.kinds), len(words), args[0], f.usage)
	}
	var a []uint64
	for i, word := range words {
		v, err := parseOperand(f.kinds[i], word)
		if err != nil {
			return kernel.Op{}, fmt.Errorf("%w: %s: %w", ErrUsage, args[0], err)
		}
		a = append(a, v)
	}
	op := f.make(a)
	if !wellFormed(&op) {
		first, _ := Making(&op)
		return kernel.Op{}, fmt.Errorf("%w: %s: %s: an object has 4096 bytes or more, ends below 2^48, and the last slot is %d", ErrUsage, args[0], first, MaxSlot)
	}
	return op, nil
}

func parseOperand(kind byte, word string) (uint64, error) {
	if kind == 't' {
		t, err := ParseType(word)
		return uint64(t), err
	}
	digits, base := word, 10
	if hex, found := strings.CutPrefix(strings.ToLower(word), "0x"); found {
		digits, base = hex, 16
	}
	v, err := strconv.ParseUint(digits, base, 64)
	low, high, what := uint64(0), uint64(End), "a multiple of 4096 bytes, below 2^48"
	switch kind {
	case 's':
		high, what = MaxSpaces-1, "a space: 0 to 63"
	case 'n':
		low, high, what = 1, MaxSlot, "a slot: 1 to 65535"
	case 'c':
		low, high, what = 1, MaxCount, "a count: 1 to 64"
	}
	if err != nil || v < low || v > high || kind == 'b' && v%Page != 0 {
		if len(word) > 40 {
			word = word[:40] + "..."
		}
		return 0, fmt.Errorf("%q: want %s", word, what)
	}
	return v, nil
}

// Format shows a result of op to a person.
func Format(op *kernel.Op, res *kernel.Result) string {
	p := PlacesOf(op)
	what := fmt.Sprintf("slot %d of space %d", p.Slot, p.Space)
	switch res.Status {
	case kernel.StatusOK:
		return formatOK(op, res, p)
	case kernel.StatusNotFound:
		return what + ": it is empty"
	case kernel.StatusExists:
		to := p.ToSlot
		if op.Code == CodeCreate {
			to = p.Slot
		}
		return fmt.Sprintf("slot %d or one after it is taken: name others", to)
	case kernel.StatusWrongType:
		return what + ": no such object can be made of it (of ram: ram, frame, vnode, cnode, dispatcher; of the same type smaller ones only)"
	case kernel.StatusInvalid:
		return what + ": it ends before that"
	case kernel.StatusMismatch:
		if op.Code == CodeTransfer {
			return fmt.Sprintf("space %d has no copy: copy it there first", p.ToSpace)
		}
		return "some of that memory is another object's: revoke what is made of it, or name other memory"
	}
	return what + ": " + res.Status.String()
}

func formatOK(op *kernel.Op, res *kernel.Result, p Places) string {
	switch op.Code {
	case CodeRetype:
		_, count := Making(op)
		if count == 1 {
			return fmt.Sprintf("slot %d", p.ToSlot)
		}
		return fmt.Sprintf("slots %d to %d", p.ToSlot, p.ToSlot+count-1)
	case CodeCreate:
		return fmt.Sprintf("slot %d", p.Slot)
	case CodeCopy:
		return fmt.Sprintf("slot %d of space %d", p.ToSlot, p.ToSpace)
	case CodeDelete:
		return "deleted"
	case CodeRevoke:
		return fmt.Sprintf("%d deleted", res.Value)
	case CodeTransfer:
		return fmt.Sprintf("space %d owns it", p.ToSpace)
	case CodeIdentify:
		if i, ok := DecodeIdentify(p.Slot, res); ok {
			return i.String()
		}
	case CodeList:
		if all, ok := DecodeList(res.Data); ok {
			var lines []string
			for _, i := range all {
				lines = append(lines, i.String())
			}
			if len(lines) == 0 {
				return "no capability there"
			}
			return strings.Join(lines, "\n")
		}
	}
	return res.Status.String()
}

// String shows a capability on one line.
func (i Info) String() string {
	owner := "copy"
	if i.Owner {
		owner = "owner"
	}
	return fmt.Sprintf("%d: %s %s", i.Slot, i.Region, owner)
}

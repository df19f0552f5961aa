package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/kernel"
)

// ErrUsage is the error of words that are no operation of kv.
var ErrUsage = errors.New("kv usage")

// Usage lists the operations that Parse understands.
const Usage = `get KEY            the value: a number, or a quoted string for bytes
put KEY VALUE      store a number
putb KEY TEXT      store TEXT as bytes, at most 1024
insert KEY VALUE   store a number if KEY is missing
del KEY            remove KEY
cas KEY OLD NEW    store NEW if KEY holds OLD
add KEY N          add N (it may be negative), print the sum
putm KEY VALUE ... store up to 64 numbers at one instant
size               the number of keys
scan FROM TO       the numbers of up to 64 keys from FROM to TO, at one instant
Numbers are whole, from 0 to 18446744073709551615, decimal or 0x hexadecimal.`

// form is how an operation is written: its name, and the names of its operands.
type form struct {
	name, operands string
	make           func(a []uint64, text string) kernel.Op
}

// several is the end of the operands of an operation that takes them many times.
const several = " ..."

// forms are the operations in the order of Usage.
func forms() []form {
	return []form{
		{"get", "KEY", func(a []uint64, _ string) kernel.Op { return GetAny(a[0]) }},
		{"put", "KEY VALUE", func(a []uint64, _ string) kernel.Op { return Put(a[0], a[1]) }},
		{"putb", "KEY TEXT", func(a []uint64, t string) kernel.Op { return PutBytes(a[0], []byte(t)) }},
		{"insert", "KEY VALUE", func(a []uint64, _ string) kernel.Op { return Insert(a[0], a[1]) }},
		{"del", "KEY", func(a []uint64, _ string) kernel.Op { return Delete(a[0]) }},
		{"cas", "KEY OLD NEW", func(a []uint64, _ string) kernel.Op { return CompareAndSwap(a[0], a[1], a[2]) }},
		{"add", "KEY N", func(a []uint64, _ string) kernel.Op { return Add(a[0], a[1]) }},
		{"putm", "KEY VALUE" + several, func(a []uint64, _ string) kernel.Op { return PutMany(appendWords(a)) }},
		{"size", "", func([]uint64, string) kernel.Op { return Size() }},
		{"scan", "FROM TO", func(a []uint64, _ string) kernel.Op { return Scan(a[0], a[1], MaxPairs) }},
	}
}

// Parse turns words such as "put", "7", "42" into an operation. Usage lists
// what it understands; its errors wrap ErrUsage.
func Parse(args []string) (kernel.Op, error) {
	var names []string
	for _, f := range forms() {
		if len(args) > 0 && args[0] == f.name {
			return f.parse(args[1:])
		}
		names = append(names, f.name)
	}
	all := strings.Join(names, ", ")
	if len(args) == 0 {
		return kernel.Op{}, fmt.Errorf("%w: no operation given: say one of %s", ErrUsage, all)
	}
	return kernel.Op{}, fmt.Errorf("%w: there is no operation %q: say one of %s", ErrUsage, args[0], all)
}

// appendWords returns keys and values, one after the other, as put-many takes
// them.
func appendWords(a []uint64) (data []byte) {
	for _, word := range a {
		data = binary.LittleEndian.AppendUint64(data, word)
	}
	return data
}

func (f form) parse(args []string) (kernel.Op, error) {
	once, many := strings.CutSuffix(f.operands, several)
	operands := strings.Fields(once)
	if many {
		if n := len(operands); len(args) == 0 || len(args)%n != 0 || len(args) > n*MaxPairs {
			return kernel.Op{}, fmt.Errorf("%w: %s takes %d operands, once to %d times, %d given: write %s %s",
				ErrUsage, f.name, n, MaxPairs, len(args), f.name, f.operands)
		}
		operands = slices.Repeat(operands, len(args)/len(operands))
	}
	if len(args) != len(operands) {
		return kernel.Op{}, fmt.Errorf("%w: %s takes %d operands, %d given: write %s (quote a text with spaces)",
			ErrUsage, f.name, len(operands), len(args), strings.TrimSpace(f.name+" "+f.operands))
	}
	numbers := make([]uint64, len(operands))
	var text string
	for i, operand := range operands {
		var err error
		switch operand {
		case "TEXT":
			if text = args[i]; len(text) > kernel.MaxData {
				err = fmt.Errorf("has %d bytes: at most %d fit in a value: store it in parts", len(text), kernel.MaxData)
			}
		case "N":
			numbers[i], err = parseSigned(args[i])
		default:
			numbers[i], err = parseWord(args[i])
		}
		if err != nil {
			return kernel.Op{}, fmt.Errorf("%w: %s: %s %w", ErrUsage, f.name, operand, err)
		}
	}
	return f.make(numbers, text), nil
}

// parseWord reads a number of 64 bits. A leading 0 does not make it octal.
func parseWord(word string) (uint64, error) {
	digits, base := word, 10
	if hex, found := strings.CutPrefix(strings.ToLower(word), "0x"); found {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%s is out of range: give a whole number from 0 to 18446744073709551615 (0xffffffffffffffff)", short(word))
	case strings.HasPrefix(word, "-"):
		return 0, fmt.Errorf("%s is negative: give a whole number from 0 to 18446744073709551615", short(word))
	}
	return 0, fmt.Errorf("%s is not a number: give a whole number from 0 to 18446744073709551615, decimal or 0x hexadecimal", short(word))
}

// parseSigned reads a number that may be negative: -n is 2^64-n.
func parseSigned(word string) (uint64, error) {
	digits, negative := strings.CutPrefix(word, "-")
	if strings.HasPrefix(digits, "-") {
		return 0, fmt.Errorf("%s is not a number: give at most one sign", short(word))
	}
	n, err := parseWord(digits)
	if negative {
		if err == nil && n > 1<<63 {
			err = fmt.Errorf("%s is out of range: give a whole number from -9223372036854775808 to 18446744073709551615", short(word))
		}
		n = -n
	}
	return n, err
}

// short quotes a word, cut to what fits in a line.
func short(word string) string {
	if len(word) > 40 {
		return fmt.Sprintf("%q...", word[:40])
	}
	return fmt.Sprintf("%q", word)
}

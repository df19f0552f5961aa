package names

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/nrkern/nrkern/kernel"
)

// appendName appends a string of at most 255 bytes with its length before it.
func appendName(dst []byte, s string) []byte { return append(append(dst, byte(len(s))), s...) }

// cutName returns the string at the beginning of data, and what follows.
func cutName(data []byte) (s, rest []byte, ok bool) {
	if len(data) < 1 || len(data) < 1+int(data[0]) {
		return nil, nil, false
	}
	return data[1 : 1+data[0]], data[1+data[0]:], true
}

// nameOf returns the name that an operation is about, nil for one of many names.
func nameOf(op *kernel.Op) []byte {
	switch op.Code {
	case CodeList, CodeCount, CodeExpire:
		return nil
	case CodeSet, CodePublish:
		name, _, _ := cutName(op.Data)
		return name
	}
	return op.Data
}

// ValidName reports whether a name can be one.
func ValidName(name string) bool { return validName([]byte(name)) }

func validName[T ~string | ~[]byte](name T) bool {
	if len(name) < 1 || len(name) > MaxName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == '*' || c == '?' {
			return false
		}
	}
	return true
}

// A record is what a name stands for, as set and get carry it: the length of the
// value, two bytes, the value, then each attribute's key and value, in ascending
// order of keys, with their lengths before them, a byte each.

// Record is what a name stands for.
type Record struct {
	Version    uint64
	Value      []byte
	Attributes Attributes
}

// cutValue returns the value at the beginning of a record, and the attributes.
func cutValue(record []byte) (value, attributes []byte, ok bool) {
	if len(record) < 2 {
		return nil, nil, false
	}
	n := int(binary.LittleEndian.Uint16(record))
	if len(record) < 2+n {
		return nil, nil, false
	}
	return record[2 : 2+n], record[2+n:], true
}

// validRecord reports whether a record is within the limits.
func validRecord(record []byte) bool {
	value, rest, ok := cutValue(record)
	if !ok || len(value) > MaxValue {
		return false
	}
	var before []byte
	for n := 0; len(rest) > 0; n++ {
		var key, v []byte
		if key, rest, ok = cutName(rest); !ok {
			return false
		}
		if v, rest, ok = cutName(rest); !ok {
			return false
		}
		if n == MaxAttributes || len(key) > MaxKey || len(v) > MaxAttribute || !validKey(key) || n > 0 && string(key) <= string(before) {
			return false
		}
		before = key
	}
	return true
}

// validKey: one that can be told from the comparison that follows it.
func validKey(key []byte) bool {
	return validName(key) && !strings.ContainsAny(string(key), "=!<>")
}

// attribute returns the value of an attribute of a record.
func attribute(record []byte, key string) (value string, found bool) {
	_, rest, _ := cutValue(record)
	for len(rest) > 0 {
		k, after, ok := cutName(rest)
		if !ok {
			return "", false
		}
		v, after, ok := cutName(after)
		if !ok {
			return "", false
		}
		if string(k) == key {
			return string(v), true
		}
		rest = after
	}
	return "", false
}

// DecodeRecord reads the answer of a get or a wait.
func DecodeRecord(res *kernel.Result) (Record, error) {
	if !validRecord(res.Data) {
		return Record{}, fmt.Errorf("names: record of %d bytes: the answer is not one of this version of names", len(res.Data))
	}
	value, rest, _ := cutValue(res.Data)
	r := Record{Version: res.Value, Value: append([]byte{}, value...), Attributes: Attributes{}}
	for len(rest) > 0 {
		k, after, _ := cutName(rest)
		v, after, _ := cutName(after)
		r.Attributes[string(k)] = string(v)
		rest = after
	}
	return r, nil
}

// DecodeNames reads the answer of a list.
func DecodeNames(data []byte) (all []string, err error) {
	for len(data) > 0 {
		name, rest, ok := cutName(data)
		if !ok {
			return nil, fmt.Errorf("names: list of %d bytes: the answer is not one of this version of names", len(data))
		}
		all, data = append(all, string(name)), rest
	}
	return all, nil
}

// Message is what a mailbox held.
type Message struct {
	// Number grows from message to message of a topic.
	Number uint64
	// Lost is how many messages found the mailbox full since it was opened.
	Lost uint64
	Text []byte
}

// DecodeMessage reads the answer of a receive or a peek.
func DecodeMessage(res *kernel.Result) (Message, error) {
	if len(res.Data) < 8 {
		return Message{}, fmt.Errorf("names: message of %d bytes: the answer is not one of this version of names", len(res.Data))
	}
	return Message{res.Value, binary.LittleEndian.Uint64(res.Data), append([]byte{}, res.Data[8:]...)}, nil
}

package check

import (
	"encoding/binary"
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// value is what one key holds. The zero value is a missing key.
type value struct {
	there   bool
	isBytes bool
	word    uint64
	bytes   string
}

func (v value) String() string {
	switch {
	case !v.there:
		return "missing"
	case v.isBytes:
		return abbreviate([]byte(v.bytes))
	}
	return fmt.Sprint(v.word)
}

func (v value) hash() uint64 {
	h := v.word * 0x9e3779b97f4a7c15
	for _, b := range []byte(v.bytes[:min(8, len(v.bytes))]) {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	if v.there {
		h++
	}
	return h
}

// answer is what an operation answers. Parts that package kv does not promise
// are not compared.
type answer struct {
	status   kernel.Status
	value    uint64
	anyValue bool // the value is not promised
	data     string
	promised bool // the data is: for reads of bytes
}

// apply is the sequential specification of package kv, written from its
// documentation and not from its code: what an operation answers on a key that
// holds v, and what the key holds after it.
func apply(v value, e *Entry) (answer, value) {
	failed := func(s kernel.Status) (answer, value) { return answer{status: s, anyValue: true}, v }
	isWord := v.there && !v.isBytes
	replaced := uint64(0)
	if v.there {
		replaced = 1
	}
	switch e.Code {
	case kv.CodePut:
		return answer{value: replaced}, value{there: true, word: e.Words[0]}
	case kv.CodePutBytes:
		return answer{value: replaced}, value{there: true, isBytes: true, bytes: string(e.Data)}
	case kv.CodeInsert:
		if v.there {
			return answer{status: kernel.StatusExists, value: v.word}, v
		}
		return answer{anyValue: true}, value{there: true, word: e.Words[0]}
	case kv.CodeAdd:
		if v.isBytes {
			return failed(kernel.StatusWrongType)
		}
		sum := v.word + e.Words[0]
		return answer{value: sum}, value{there: true, word: sum}
	}
	// The others want the key to be there.
	if !v.there {
		return failed(kernel.StatusNotFound)
	}
	switch e.Code {
	case kv.CodeDelete:
		return answer{anyValue: true}, value{}
	case kv.CodeGetAny:
		if isWord {
			return answer{value: uint64(kv.KindWord), data: string(binary.LittleEndian.AppendUint64(nil, v.word)), promised: true}, v
		}
		return answer{value: uint64(kv.KindBytes), data: v.bytes, promised: true}, v
	case kv.CodeGetBytes:
		if isWord {
			return failed(kernel.StatusWrongType)
		}
		return answer{value: uint64(len(v.bytes)), data: v.bytes, promised: true}, v
	}
	if !isWord {
		return failed(kernel.StatusWrongType)
	}
	if e.Code == kv.CodeGet {
		return answer{value: v.word}, v
	}
	if v.word != e.Words[0] { // cas
		return answer{status: kernel.StatusMismatch, value: v.word}, v
	}
	return answer{value: v.word}, value{there: true, word: e.Words[1]}
}

// matches reports whether an entry recorded this answer.
func (a answer) matches(e *Entry) bool {
	return e.Status == a.status && (a.anyValue || e.Value == a.value) && (!a.promised || string(e.Answer) == a.data)
}

// keyModel is the specification for porcupine: of one key, whose operations
// alone it is given. An entry is both input and output.
var keyModel = porcupine.Model{
	Init: func() any { return value{} },
	Step: func(state, input, _ any) (bool, any) {
		e := input.(*Entry)
		a, after := apply(state.(value), e)
		return !e.Answered || a.matches(e), after
	},
	Hash:              func(state any) uint64 { return state.(value).hash() },
	DescribeOperation: func(input, _ any) string { return input.(*Entry).String() },
	DescribeState:     func(state any) string { return state.(value).String() },
}

package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/nrkern/nrkern/kernel/kv"
)

// state is what all keys hold: those that are there, in ascending order. A
// state is not changed once made.
type state []keyValue

type keyValue struct {
	key uint64
	value
}

func (s state) find(key uint64) (int, bool) {
	return slices.BinarySearchFunc(s, key, func(c keyValue, key uint64) int { return cmp.Compare(c.key, key) })
}

func (s state) get(key uint64) value {
	if i, found := s.find(key); found {
		return s[i].value
	}
	return value{}
}

// with returns the state in which key holds v, or is missing.
func (s state) with(key uint64, v value) state {
	i, found := s.find(key)
	next := append(make(state, 0, len(s)+1), s[:i]...)
	if v.there {
		next = append(next, keyValue{key, v})
	}
	if found {
		i++
	}
	return append(next, s[i:]...)
}

// apply is the sequential specification of package kv for all keys.
func (s state) apply(e *Entry) (answer, state) {
	switch e.Code {
	case kv.CodePutMany:
		replaced := uint64(0)
		for _, p := range kv.PairsOf(nil, e.Data) {
			if s.get(p.Key).there {
				replaced++
			}
			s = s.with(p.Key, value{there: true, word: p.Word})
		}
		return answer{value: replaced}, s
	case kv.CodeSize:
		return answer{value: uint64(len(s))}, s
	case kv.CodeScan:
		last, limit := e.Words[0], e.Words[1]
		var found []kv.Pair
		for _, c := range s {
			if c.key >= e.Key && c.key <= last && !c.isBytes && uint64(len(found)) < limit {
				found = append(found, kv.Pair{Key: c.key, Word: c.word})
			}
		}
		return answer{value: uint64(len(found)), data: string(kv.AppendPairs(nil, found...)), promised: true}, s
	}
	a, after := apply(s.get(e.Key), e)
	return a, s.with(e.Key, after)
}

// stateModel is the specification of all keys together, for histories with
// operations over several.
var stateModel = porcupine.Model{
	Init: func() any { return state(nil) },
	Step: func(before, input, _ any) (bool, any) {
		e := input.(*Entry)
		a, after := before.(state).apply(e)
		return !e.Answered || a.matches(e), after
	},
	Equal: func(a, b any) bool { return slices.Equal(a.(state), b.(state)) },
	Hash: func(s any) (h uint64) {
		for _, c := range s.(state) {
			h = (h ^ c.key ^ c.hash()) * 0x9e3779b97f4a7c15
		}
		return h
	},
	DescribeOperation: func(input, _ any) string { return input.(*Entry).String() },
	DescribeState: func(s any) string {
		var text []string
		for _, c := range s.(state) {
			text = append(text, fmt.Sprintf("%d:%s", c.key, c.value))
		}
		return strings.Join(text, " ")
	},
}

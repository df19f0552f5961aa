package names

import (
	"fmt"
	"strconv"
	"strings"
)

// Comparison is how a Condition compares.
type Comparison byte

// The comparisons. The last four are of whole numbers: an attribute that is none
// does not meet them.
const (
	Has Comparison = iota
	Equal
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	comparisons
)

// signs are how comparisons are written, the longer ones first where one begins
// another.
var signs = [...]struct {
	text string
	is   Comparison
}{
	{"!=", NotEqual}, {"<=", LessEqual}, {">=", GreaterEqual}, {"=", Equal}, {"<", Less}, {">", Greater},
}

// Condition is what a name's attribute must meet to be listed.
type Condition struct {
	Key   string
	Is    Comparison
	Value string
}

// ParseCondition reads "key", "key=value", "key!=value" or "key<8".
func ParseCondition(s string) (Condition, error) {
	c := Condition{Key: s}
	if at := strings.IndexAny(s, "=!<>"); at >= 0 {
		c.Key = s[:at]
		for _, sign := range signs {
			if value, ok := strings.CutPrefix(s[at:], sign.text); ok {
				c.Is, c.Value = sign.is, value
				break
			}
		}
		if c.Is == Has {
			return c, fmt.Errorf("condition %q: want KEY, KEY=VALUE, KEY!=VALUE, or KEY with <, <=, > or >= and a whole number", s)
		}
	}
	if !c.valid() {
		return c, fmt.Errorf("condition %q: want a key of 1 to %d bytes, a value of at most %d, and a whole number after < and >", s, MaxKey, MaxAttribute)
	}
	return c, nil
}

func (c Condition) valid() bool {
	if !validKey([]byte(c.Key)) || len(c.Key) > MaxKey || len(c.Value) > MaxAttribute || c.Is >= comparisons {
		return false
	}
	if c.Is < Less {
		return true
	}
	_, err := strconv.ParseInt(c.Value, 10, 64)
	return err == nil
}

// meets reports whether a record meets the condition.
func (c Condition) meets(record []byte) bool {
	v, found := attribute(record, c.Key)
	switch {
	case c.Is == NotEqual:
		return !found || v != c.Value
	case !found:
		return false
	case c.Is == Has:
		return true
	case c.Is == Equal:
		return v == c.Value
	}
	have, err := strconv.ParseInt(v, 10, 64)
	want, wrong := strconv.ParseInt(c.Value, 10, 64)
	if err != nil || wrong != nil {
		return false
	}
	switch c.Is {
	case Less:
		return have < want
	case LessEqual:
		return have <= want
	case Greater:
		return have > want
	}
	return have >= want
}

// question is what a list asks.
type question struct {
	pattern, after string
	where          [MaxAttributes]Condition
	conditions     int
}

// parse reads the data of a list.
func (q *question) parse(data []byte) bool {
	pattern, data, ok := cutName(data)
	if !ok {
		return false
	}
	after, data, ok := cutName(data)
	if !ok || len(pattern) > MaxName {
		return false
	}
	q.pattern, q.after = string(pattern), string(after)
	for len(data) > 0 {
		if q.conditions == MaxAttributes {
			return false
		}
		c := &q.where[q.conditions]
		c.Is = Comparison(data[0])
		var key, value []byte
		if key, data, ok = cutName(data[1:]); !ok {
			return false
		}
		if value, data, ok = cutName(data); !ok {
			return false
		}
		c.Key, c.Value = string(key), string(value)
		if !c.valid() {
			return false
		}
		q.conditions++
	}
	return true
}

func (q *question) matches(e *entry) bool {
	if e.record == nil || !match(q.pattern, e.name) {
		return false
	}
	for i := range q.conditions {
		if !q.where[i].meets(e.record.data) {
			return false
		}
	}
	return true
}

// match matches a pattern in which * stands for any bytes and ? for one. It goes
// back to the last star only, so it takes at most the product of the lengths.
func match(pattern, name string) bool {
	p, n, star, from := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*':
			p++
			n++
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

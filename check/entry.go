package check

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/kv"
)

// Entry is one operation of a history: what was asked, when, and the answer.
type Entry struct {
	// Client is the thread that asked, Place where in its window.
	Client int `json:"client"`
	Place  int `json:"place"`

	Code kernel.Code `json:"code"`
	Key  uint64      `json:"key"`
	// Words are the operation's words after the key.
	Words [2]uint64 `json:"words"`
	Data  []byte    `json:"data,omitempty"`

	// Call and Return are when it was started and collected, on
	// CLOCK_MONOTONIC. Return means nothing unless Answered.
	Call     int64 `json:"call_ns"`
	Return   int64 `json:"return_ns"`
	Answered bool  `json:"answered"`

	Status kernel.Status `json:"status"`
	Value  uint64        `json:"value"`
	Answer []byte        `json:"answer,omitempty"`
}

// ErrHistory is the error of entries that no recorder wrote.
var ErrHistory = errors.New("bad history")

// codes is what the operations are called, and what they ask.
var codes = map[kernel.Code]struct {
	name  string
	words int
}{
	kv.CodeGet: {"get", 0}, kv.CodeGetBytes: {"get-bytes", 0}, kv.CodeGetAny: {"get-any", 0},
	kv.CodePut: {"put", 1}, kv.CodePutBytes: {"put-bytes", 0}, kv.CodeInsert: {"insert", 1},
	kv.CodeDelete: {"delete", 0}, kv.CodeCompareAndSwap: {"cas", 2}, kv.CodeAdd: {"add", 1},
	kv.CodePutMany: {"put-many", 0}, kv.CodeSize: {"size", 0}, kv.CodeScan: {"scan", 2},
}

// spans reports whether the operation is over several keys. Key is then the
// first of a scan's range, and means nothing for the others.
func (e *Entry) spans() bool {
	return e.Code == kv.CodePutMany || e.Code == kv.CodeSize || e.Code == kv.CodeScan
}

// validate returns an error wrapping ErrHistory for an entry that cannot be.
func (e *Entry) validate() error {
	if _, ok := codes[e.Code]; !ok {
		return fmt.Errorf("%w: client %d: operation %#x on key %d is none of kv's", ErrHistory, e.Client, uint8(e.Code), e.Key)
	}
	if e.Answered && e.Return < e.Call {
		return fmt.Errorf("%w: client %d: %s returned at %d ns, before its call: were the clocks of one computer?", ErrHistory, e.Client, e, e.Return)
	}
	return nil
}

// String shows the operation and its answer: "cas 7 1 2 = mismatch, 5".
func (e *Entry) String() string {
	c := codes[e.Code]
	s := c.name
	if e.Code == kv.CodePutMany {
		s += " " + pairs(e.Data)
	} else if e.Code != kv.CodeSize {
		s += " " + strconv.FormatUint(e.Key, 10)
	}
	for _, w := range e.Words[:c.words] {
		s += " " + strconv.FormatUint(w, 10)
	}
	if e.Code == kv.CodePutBytes {
		s += " " + abbreviate(e.Data)
	}
	if !e.Answered {
		return s + " = no answer"
	}
	s += " = " + e.Status.String()
	if e.Code == kv.CodeScan && e.Status == kernel.StatusOK {
		return s + ", " + pairs(e.Answer)
	}
	if len(e.Answer) > 0 || e.Code == kv.CodeGetBytes && e.Status == kernel.StatusOK {
		return s + ", " + abbreviate(e.Answer)
	}
	return s + ", " + strconv.FormatUint(e.Value, 10)
}

// abbreviate shows the length and the first bytes of a byte string.
func abbreviate(b []byte) string {
	const shown = 12
	if len(b) <= shown {
		return fmt.Sprintf("%x", b)
	}
	return fmt.Sprintf("%x... (%d bytes)", b[:shown], len(b))
}

// pairs shows what a put-many stores, or a scan answers: "7:1 8:2".
func pairs(data []byte) string {
	var s []string
	for _, p := range kv.PairsOf(nil, data) {
		s = append(s, fmt.Sprintf("%d:%d", p.Key, p.Word))
	}
	if len(s) == 0 {
		return "nothing"
	}
	return strings.Join(s, " ")
}

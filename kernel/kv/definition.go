package kv

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/kernel"
)

// Definition describes the service with its default limits.
func Definition() *kernel.Definition { return Options{}.Definition() }

// Definition describes the service with these limits.
func (o Options) Definition() *kernel.Definition {
	return &kernel.Definition{
		ID:     ID,
		Name:   "kv",
		New:    func() kernel.Service { return New(o) },
		Check:  Check,
		Parse:  Parse,
		Format: Format,
		Usage:  Usage,
		Called: Called,
	}
}

// Format shows a result of op to a person: a number for a word, a quoted
// string for bytes, and otherwise what happened.
func Format(op *kernel.Op, res *kernel.Result) string {
	key := op.Args[0]
	switch res.Status {
	case kernel.StatusOK:
		return formatOK(op, res)
	case kernel.StatusFull:
		if op.Code == CodePutMany {
			return "nothing stored: the limit on keys would be exceeded: delete some first"
		}
		return fmt.Sprintf("key %d: the limit on keys or bytes is reached: delete some first", key)
	case kernel.StatusNotFound:
		return fmt.Sprintf("key %d: not found", key)
	case kernel.StatusExists:
		return fmt.Sprintf("key %d: exists already", key)
	case kernel.StatusMismatch:
		return fmt.Sprintf("key %d: holds %d, not %d", key, res.Value, op.Args[1])
	case kernel.StatusWrongType:
		if op.Code == CodeGetBytes {
			return fmt.Sprintf("key %d: holds a word, not bytes", key)
		}
		return fmt.Sprintf("key %d: holds bytes, not a word", key)
	}
	if op.Code == CodePutMany || op.Code == CodeSize || op.Code == CodeScan {
		return res.Status.String()
	}
	return fmt.Sprintf("key %d: %s", key, res.Status)
}

func formatOK(op *kernel.Op, res *kernel.Result) string {
	switch op.Code {
	case CodeGet, CodeAdd, CodeSize:
		return strconv.FormatUint(res.Value, 10)
	case CodeGetBytes:
		return strconv.Quote(string(res.Data))
	case CodeGetAny:
		v, err := decodeAny(res)
		switch {
		case err != nil:
			return err.Error()
		case v.Kind == KindBytes:
			return strconv.Quote(string(v.Bytes))
		}
		return strconv.FormatUint(v.Word, 10)
	case CodePut, CodePutBytes:
		if res.Value == 1 {
			return "replaced"
		}
		return "stored"
	case CodeInsert:
		return "stored"
	case CodePutMany:
		return fmt.Sprintf("%d stored, of them %d replaced", len(op.Data)/pairBytes, res.Value)
	case CodeScan:
		return formatPairs(res.Data)
	case CodeDelete:
		return "deleted"
	case CodeCompareAndSwap:
		return "swapped"
	}
	return res.Status.String()
}

// formatPairs shows a pair a line.
func formatPairs(data []byte) string {
	if len(data) < pairBytes {
		return "no key with a number there"
	}
	var lines []string
	for _, p := range PairsOf(nil, data) {
		lines = append(lines, fmt.Sprintf("%d: %d", p.Key, p.Word))
	}
	return strings.Join(lines, "\n")
}

package kv

import (
	"fmt"
	"strconv"

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
	}
}

// Format shows a result of op to a person: a number for a word, a quoted
// string for bytes, and otherwise what happened.
func Format(op *kernel.Op, res *kernel.Result) string {
	key := op.Args[0]
	switch res.Status {
	case kernel.StatusOK:
		return formatOK(op, res)
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
	case kernel.StatusFull:
		return fmt.Sprintf("key %d: the limit on keys or bytes is reached: delete some first", key)
	}
	return fmt.Sprintf("key %d: %s", key, res.Status)
}

func formatOK(op *kernel.Op, res *kernel.Result) string {
	switch op.Code {
	case CodeGet, CodeAdd:
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
	case CodeDelete:
		return "deleted"
	case CodeCompareAndSwap:
		return "swapped"
	}
	return res.Status.String()
}

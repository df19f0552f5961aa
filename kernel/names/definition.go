package names

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nrkern/nrkern/kernel"
)

// Definition describes the service with its default limits.
func Definition() *kernel.Definition { return Options{}.Definition() }

// Definition describes the service with these limits.
func (o Options) Definition() *kernel.Definition {
	return &kernel.Definition{
		ID:     ID,
		Name:   "names",
		New:    func() kernel.Service { return New(o) },
		Check:  Check,
		Parse:  Parse,
		Format: Format,
		Usage:  Usage,
		Called: Called,
	}
}

// Format shows a result of op to a person.
func Format(op *kernel.Op, res *kernel.Result) string {
	name := nameOf(op)
	what := fmt.Sprintf("name %q", name)
	switch op.Code {
	case CodeLock, CodeUnlock, CodeLocked, CodeHolder:
		what = fmt.Sprintf("lock %q", name)
	case CodeEnter, CodeEntered, CodeLeave:
		what = fmt.Sprintf("barrier %q", name)
	case CodeSubscribe, CodeUnsubscribe, CodePublish, CodePeek, CodeReceive:
		what = fmt.Sprintf("topic %q", name)
	case CodeList, CodeCount, CodeExpire:
		what = "names"
	}
	switch res.Status {
	case kernel.StatusOK:
		return formatOK(op, res, what)
	case kernel.StatusAgain:
		return what + ": not yet" + notYet(op, res)
	case kernel.StatusNotFound:
		return what + ": " + notFound(op)
	case kernel.StatusExists:
		return what + ": " + exists(op, res)
	case kernel.StatusMismatch:
		return what + ": " + mismatch(op, res)
	case kernel.StatusFull:
		return what + ": a limit is reached (names, bytes, sessions that wait, or mailboxes): delete some first"
	}
	return what + ": " + res.Status.String()
}

func notYet(op *kernel.Op, res *kernel.Result) string {
	switch op.Code {
	case CodeLock, CodeLocked:
		return fmt.Sprintf(": %d before it in the queue", res.Value)
	case CodeEnter, CodeEntered:
		if len(res.Data) == 8 {
			return fmt.Sprintf(": %d inside, ticket %d", binary.LittleEndian.Uint64(res.Data), res.Value)
		}
	}
	return ""
}

func notFound(op *kernel.Op) string {
	switch op.Code {
	case CodeUnlock, CodeHolder:
		return "nobody has it"
	case CodeLocked:
		return "the session neither has it nor waits: lock it"
	case CodeLeave, CodeEntered:
		return "the session is not inside: enter it"
	case CodeUnsubscribe, CodePeek, CodeReceive:
		return "the session has no mailbox: subscribe"
	}
	return "not found"
}

func exists(op *kernel.Op, res *kernel.Result) string {
	switch op.Code {
	case CodeLock:
		return fmt.Sprintf("session %d has it", res.Value)
	case CodeSubscribe:
		return "the session has a mailbox already"
	}
	return fmt.Sprintf("exists already, version %d", res.Value)
}

func mismatch(op *kernel.Op, res *kernel.Result) string {
	switch op.Code {
	case CodeUnlock:
		return fmt.Sprintf("session %d has it", res.Value)
	case CodeEnter:
		return fmt.Sprintf("those inside wait for %d in all, not for %d", res.Value, op.Args[1])
	case CodeSet:
		if Mode(op.Args[2]) == Fenced {
			return fmt.Sprintf("token %d is of an earlier holder: %d has set it", op.Args[1], res.Value)
		}
	}
	return fmt.Sprintf("it has version %d, not %d", res.Value, op.Args[1])
}

func formatOK(op *kernel.Op, res *kernel.Result, what string) string {
	switch op.Code {
	case CodeSet:
		return fmt.Sprintf("version %d", res.Value)
	case CodeGet, CodeWait:
		r, err := DecodeRecord(res)
		if err != nil {
			return err.Error()
		}
		return r.String()
	case CodeDelete:
		return "deleted"
	case CodeList:
		all, err := DecodeNames(res.Data)
		switch {
		case err != nil:
			return err.Error()
		case len(all) == 0:
			return "no such name"
		}
		return strings.Join(all, "\n")
	case CodeCount:
		return fmt.Sprint(res.Value)
	case CodeLock, CodeLocked:
		return fmt.Sprintf("locked, token %d", res.Value)
	case CodeHolder:
		if len(res.Data) == 16 {
			return fmt.Sprintf("session %d, token %d, %d waiting", res.Value, binary.LittleEndian.Uint64(res.Data), binary.LittleEndian.Uint64(res.Data[8:]))
		}
	case CodeUnlock:
		return "unlocked"
	case CodeEnter, CodeEntered:
		return "all came"
	case CodeLeave:
		return "left"
	case CodeSubscribe:
		return "subscribed"
	case CodeUnsubscribe:
		return "unsubscribed"
	case CodePublish:
		return fmt.Sprintf("%d mailboxes", res.Value)
	case CodePeek, CodeReceive:
		m, err := DecodeMessage(res)
		switch {
		case err != nil:
			return err.Error()
		case m.Lost > 0:
			return fmt.Sprintf("%d: %s (%d lost so far)", m.Number, m.Text, m.Lost)
		}
		return fmt.Sprintf("%d: %s", m.Number, m.Text)
	case CodeExpire:
		return fmt.Sprintf("%d let go", res.Value)
	}
	return what + ": " + res.Status.String()
}

// String shows a record on one line: the value, quoted if it must be, the
// attributes in order, and the version.
func (r Record) String() string {
	words := []string{quote(string(r.Value))}
	for _, key := range slices.Sorted(maps.Keys(r.Attributes)) {
		words = append(words, key+"="+quote(r.Attributes[key]))
	}
	return strings.Join(words, " ") + fmt.Sprintf(" (version %d)", r.Version)
}

// quote quotes a text that is not one plain word.
func quote(s string) string {
	for _, c := range s {
		if c <= ' ' || c > '~' || c == '"' {
			return fmt.Sprintf("%q", s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

package capability

import (
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
)

// Message is what kernels say to each other: the code and six words of one payload.
type Message struct {
	Code  kernel.Code
	Words [6]uint64
}

// ErrBadMessage is the error of a message that no kernel sends, or not then.
var ErrBadMessage = errors.New("bad message about capabilities")

// First is the first of the codes: messages of the agreement among copies have lower
// ones.
const First kernel.Code = 0x40

// The messages, by their words.
const (
	codeRequest  = First + iota // object, caller's number, what, two operands
	codeReply                   // caller's number, status, value
	codeQuery                   // object, check, base, bytes and type, the memory from, to and age
	codeAnswer                  // check, 1: there is a descendant
	codeIsOver                  // check
	codeOver                    // check
	codeInsert                  // object, slot, base, bytes and type
	codeInserted                // object, status
	codeMark                    // object, revoke, base, bytes and type, who keeps it
	codeReady                   // revoke
	codeCommit                  // revoke, 1: keep it, how many went so far, caller's number
	codeDone                    // revoke, how many went
	codeWillYou                 // object
	codeWill                    // object, 1: yes
	codeUpdate                  // object, new owner
	codeUpdated                 // object
	codeGrant                   // object, who has copies
	codeDrop                    // object
	codesEnd
)

// Called names a message.
func Called(c kernel.Code) string {
	names := [...]string{
		"request", "reply", "query", "answer", "is over", "over", "insert", "inserted", "mark", "ready", "commit", "done",
		"will you", "will", "update", "updated", "grant", "drop",
	}
	if c < First || c >= codesEnd {
		return fmt.Sprintf("code %#x", uint8(c))
	}
	return names[c-First]
}

// refused is the status of a request on an object that is under a mark: it is asked
// again after the commit. No service answers it.
const refused kernel.Status = 255

// anew is the status of a request of this kernel's that has lost its meaning: the call
// is tried again from the beginning.
const anew kernel.Status = 254

// An object's number says which kernel's check let it be made, which of its checks,
// and which of its objects it is: 8, 40 and 16 bits. The root is 0.
func objectID(owner int, check uint64, i int) uint64 {
	return uint64(owner)<<56 | check<<16 | uint64(i)
}

// madeBy returns the check that let an object be made.
func madeBy(id uint64) (owner int, check uint64) { return int(id >> 56), id << 8 >> 24 }

// A caller is a kernel and the number that it gave a call, of 8 and 56 bits.
func caller(node int, number uint64) uint64 { return uint64(node)<<56 | number }

func callerOf(w uint64) (node int, number uint64) { return int(w >> 56), w << 8 >> 8 }

// sizeWord packs bytes and type of a region; bytes are a multiple of a page.
func sizeWord(r caps.Region) uint64 { return r.Bytes | uint64(r.Type) }

func region(base, size uint64) caps.Region {
	return caps.Region{Type: caps.Type(size % caps.Page), Base: base, Bytes: size &^ (caps.Page - 1)}
}

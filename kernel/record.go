package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A record is how an operation or a result crosses between nodes: one payload
// of seven words, then one more for every 56 bytes of data.
//
//	first payload   descriptor | six argument words
//	the others      56 bytes of data each, little-endian, zero-padded
//
// A log entry and a message hold the same record, so both structures pay the
// same for encoding. A result is a record too: status and value are its first
// two arguments.
type Payload = [7]uint64

const (
	payloadBytes = 56
	// MaxPayloads is the number of payloads of the longest record.
	MaxPayloads = 1 + (MaxData+payloadBytes-1)/payloadBytes
)

// ErrBadRecord is the error of a record that no encoder of this version wrote.
var ErrBadRecord = errors.New("bad operation record")

// Descriptor is the first word of a record:
//
//	bits  0-7   service
//	      8-15  code
//	     16-28  length of the data in bytes
//	     29-31  step of an operation that takes several messages or logs (see Step)
//	     32-39  origin: node
//	     40-47  origin: thread on that node
//	     48-63  origin: place in that thread's window
//
// The origin lets an answer find its caller.
type Descriptor uint64

// Origin says which thread of which node waits for an operation, and where in
// its window.
type Origin struct {
	Node, Thread uint8
	Place        uint16
}

// Describe returns the descriptor of an operation with n bytes of data.
func Describe(s ServiceID, c Code, n int, from Origin) Descriptor {
	return Descriptor(uint64(s) | uint64(c)<<8 | uint64(n)<<16 |
		uint64(from.Node)<<32 | uint64(from.Thread)<<40 | uint64(from.Place)<<48)
}

// Step is what a message about an operation over several shards asks of an
// owner, or answers, and what an entry is to an operation over several logs.
// Everything else is StepExecute: one message or entry does it all.
type Step uint8

// The steps of two-phase commit.
const (
	StepExecute Step = iota // execute at once, and answer
	StepPrepare             // lock the shards of the part, vote, keep the part
	StepCommit              // execute the part that was kept, unlock, answer
	StepAbort               // forget the part that was kept, unlock; no answer
	StepAgree               // a message of the agreement among copies, not of a caller: its code says which
)

// What an entry of one of several logs is.
const (
	StepWhole Step = StepAgree + 1 + iota // an operation over several logs, in the first of them
	StepPlace                             // its place in another: the first two arguments say where it is whole
)

const (
	lengthBits = 13
	stepShift  = 16 + lengthBits
)

// At returns the descriptor of a record of StepExecute as one of another step.
func (d Descriptor) At(s Step) Descriptor { return d | Descriptor(s)<<stepShift }

// EncodeStep makes the record whose first payload was just encoded one of a step.
func EncodeStep(p *Payload, s Step) { p[0] = uint64(Descriptor(p[0]).At(s)) }

// Plain returns the descriptor of the same record at StepExecute.
func (d Descriptor) Plain() Descriptor { return d &^ (7 << stepShift) }

// Short reports whether the record has one payload and is of StepExecute: all
// there is to know of most.
func (d Descriptor) Short() bool { return d>>16&(1<<(lengthBits+3)-1) == 0 }

// Step returns the record's step.
func (d Descriptor) Step() Step { return Step(d >> stepShift & 7) }

// MaxParts is the largest number of payloads after the first in a message of
// the agreement.
const MaxParts = (1<<lengthBits - 1) / payloadBytes

// DescribeParts returns the descriptor of a message of the agreement with n
// payloads after the first.
func DescribeParts(c Code, n int, from Origin) Descriptor {
	return Describe(0, c, n*payloadBytes, from).At(StepAgree)
}

// Service returns the service the record is for.
func (d Descriptor) Service() ServiceID { return ServiceID(d) }

// Code returns the operation's code.
func (d Descriptor) Code() Code { return Code(d >> 8) }

// Len returns the length of the data in bytes.
func (d Descriptor) Len() int { return int(d >> 16 & (1<<lengthBits - 1)) }

// Origin returns who waits for the result.
func (d Descriptor) Origin() Origin {
	return Origin{Node: uint8(d >> 32), Thread: uint8(d >> 40), Place: uint16(d >> 48)}
}

// Payloads returns the number of payloads of the record.
func (d Descriptor) Payloads() int { return Payloads(d.Len()) }

// Check returns an error wrapping ErrBadRecord if the data would be longer
// than a record can carry, or the step is none. A message of the agreement
// carries whole records, and is as long as its ring allows.
func (d Descriptor) Check() error {
	if d.Step() > StepAgree {
		return fmt.Errorf("%w: service %d, code %#x is at step %d, the last is %d: the writer runs another version or the memory is damaged",
			ErrBadRecord, d.Service(), uint8(d.Code()), d.Step(), StepAgree)
	}
	if d.Len() > MaxData && d.Step() != StepAgree {
		return fmt.Errorf("%w: service %d, code %#x says %d bytes of data, at most %d fit: the writer runs another version or the memory is damaged",
			ErrBadRecord, d.Service(), uint8(d.Code()), d.Len(), MaxData)
	}
	return nil
}

// Payloads returns the number of payloads of a record with n bytes of data.
func Payloads(n int) int { return 1 + (n+payloadBytes-1)/payloadBytes }

// EncodeHead writes the first payload of the record of op.
func EncodeHead(p *Payload, op *Op, from Origin) {
	p[0] = uint64(Describe(op.Service, op.Code, len(op.Data), from))
	p[1], p[2], p[3] = op.Args[0], op.Args[1], op.Args[2]
	p[4], p[5], p[6] = op.Args[3], op.Args[4], op.Args[5]
}

// DecodeHead reads the first payload of a record into op, whose Data becomes
// empty with its capacity kept, and returns the descriptor. The caller checks
// the descriptor, then decodes the payloads that follow with DecodeData.
func DecodeHead(p *Payload, op *Op) Descriptor {
	d := Descriptor(p[0])
	op.Service, op.Code = d.Service(), d.Code()
	op.Args = [MaxArgs]uint64{p[1], p[2], p[3], p[4], p[5], p[6]}
	op.Data = op.Data[:0]
	return d
}

// EncodeResultHead writes the first payload of the record of a result.
func EncodeResultHead(p *Payload, s ServiceID, c Code, r *Result, from Origin) {
	*p = Payload{uint64(Describe(s, c, len(r.Data), from)), uint64(r.Status), r.Value}
}

// DecodeResultHead reads the first payload of the record of a result.
func DecodeResultHead(p *Payload, r *Result) Descriptor {
	r.Status, r.Value, r.Data = Status(p[1]), p[2], r.Data[:0]
	return Descriptor(p[0])
}

// EncodeData writes continuation payload i (counted from 0) of a record with
// the given data.
func EncodeData(p *Payload, data []byte, i int) {
	rest := data[i*payloadBytes:]
	if len(rest) >= payloadBytes {
		for k := range p {
			p[k] = binary.LittleEndian.Uint64(rest[k*8:])
		}
		return
	}
	var last [payloadBytes]byte
	copy(last[:], rest)
	for k := range p {
		p[k] = binary.LittleEndian.Uint64(last[k*8:])
	}
}

// DecodeData appends what continuation payload i of a record with n bytes of
// data holds, and returns the extended slice.
func DecodeData(dst []byte, p *Payload, n, i int) []byte {
	var all [payloadBytes]byte
	for k, v := range p {
		binary.LittleEndian.PutUint64(all[k*8:], v)
	}
	return append(dst, all[:min(n-i*payloadBytes, payloadBytes)]...)
}

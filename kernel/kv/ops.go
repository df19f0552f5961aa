package kv

import "github.com/nrkern/nrkern/kernel"

// ID is the service's number in the table of services.
const ID kernel.ServiceID = 1

// The operations. Those of one key have it in Args[0].
const (
	CodePut            kernel.Code = 1 // Args[1]: the word
	CodePutBytes       kernel.Code = 2 // Data: the bytes
	CodeInsert         kernel.Code = 3 // Args[1]: the word
	CodeDelete         kernel.Code = 4
	CodeCompareAndSwap kernel.Code = 5 // Args[1]: the word expected, Args[2]: the new one
	CodeAdd            kernel.Code = 6 // Args[1]: what to add
	CodePutMany        kernel.Code = 7 // Data: pairs, see AppendPairs

	CodeGet      = kernel.QueryBit | 1
	CodeGetBytes = kernel.QueryBit | 2
	CodeGetAny   = kernel.QueryBit | 3
	CodeSize     = kernel.QueryBit | 4
	CodeScan     = kernel.QueryBit | 5 // Args[0], Args[1]: first and last key, Args[2]: most pairs
)

// Called names an operation: what a trace shows.
func Called(c kernel.Code) string {
	switch c {
	case CodePut:
		return "put"
	case CodePutBytes:
		return "putb"
	case CodeInsert:
		return "insert"
	case CodeDelete:
		return "del"
	case CodeCompareAndSwap:
		return "cas"
	case CodeAdd:
		return "add"
	case CodePutMany:
		return "put many"
	case CodeGet:
		return "get word"
	case CodeGetBytes:
		return "get bytes"
	case CodeGetAny:
		return "get"
	case CodeSize:
		return "size"
	case CodeScan:
		return "scan"
	}
	return ""
}

// Kind is what a key holds.
type Kind uint64

// The kinds, as the result of GetAny has them in Value.
const (
	KindWord Kind = iota
	KindBytes
)

// String returns "word" or "bytes".
func (k Kind) String() string {
	if k == KindWord {
		return "word"
	}
	return "bytes"
}

// Get reads a word.
func Get(key uint64) kernel.Op { return words(CodeGet, key, 0, 0) }

// GetBytes reads a byte string.
func GetBytes(key uint64) kernel.Op { return words(CodeGetBytes, key, 0, 0) }

// GetAny reads a value of either kind and says which it is.
func GetAny(key uint64) kernel.Op { return words(CodeGetAny, key, 0, 0) }

// Put stores a word, whatever the key held.
func Put(key, value uint64) kernel.Op { return words(CodePut, key, value, 0) }

// PutBytes stores a byte string of at most kernel.MaxData bytes, whatever the
// key held. The data must not change until the operation has completed.
func PutBytes(key uint64, data []byte) kernel.Op {
	op := words(CodePutBytes, key, 0, 0)
	op.Data = data
	return op
}

// Insert stores a word if the key is missing.
func Insert(key, value uint64) kernel.Op { return words(CodeInsert, key, value, 0) }

// Delete removes a key.
func Delete(key uint64) kernel.Op { return words(CodeDelete, key, 0, 0) }

// CompareAndSwap stores the word new if the key holds the word old.
func CompareAndSwap(key, old, new uint64) kernel.Op {
	return words(CodeCompareAndSwap, key, old, new)
}

// Add adds n to the key's word modulo 2^64; a missing key counts as 0.
func Add(key, n uint64) kernel.Op { return words(CodeAdd, key, n, 0) }

// PutMany stores words, all at one instant, whatever the keys held. Data is 1
// to MaxPairs pairs, as AppendPairs makes them, and must not change until the
// operation has completed.
func PutMany(data []byte) kernel.Op {
	return kernel.Op{Service: ID, Code: CodePutMany, Data: data}
}

// Size counts the keys.
func Size() kernel.Op { return kernel.Op{Service: ID, Code: CodeSize} }

// Scan reads the words of the lowest keys from first to last, at most limit
// (up to MaxPairs), at one instant. Keys that hold bytes are passed over.
func Scan(first, last uint64, limit int) kernel.Op {
	return words(CodeScan, first, last, uint64(limit))
}

func words(c kernel.Code, a, b, d uint64) kernel.Op {
	return kernel.Op{Service: ID, Code: c, Args: [kernel.MaxArgs]uint64{a, b, d}}
}

// Check answers StatusInvalid for an operation that this service does not
// have, for data where none belongs, and for more data than a record carries.
func Check(op *kernel.Op) kernel.Status {
	switch op.Code {
	case CodeGet, CodePut, CodeGetBytes, CodeGetAny, CodeInsert, CodeDelete, CodeCompareAndSwap, CodeAdd, CodeSize:
		if len(op.Data) != 0 {
			return kernel.StatusInvalid
		}
	case CodeScan:
		if len(op.Data) != 0 || op.Args[2] < 1 || op.Args[2] > MaxPairs {
			return kernel.StatusInvalid
		}
	case CodePutBytes:
		if len(op.Data) > kernel.MaxData {
			return kernel.StatusInvalid
		}
	case CodePutMany:
		if n := len(op.Data); n == 0 || n > kernel.MaxData || n%pairBytes != 0 {
			return kernel.StatusInvalid
		}
	default:
		return kernel.StatusInvalid
	}
	return kernel.StatusOK
}

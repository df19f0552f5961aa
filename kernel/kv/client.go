package kv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nrkern/nrkern/kernel"
)

// The errors of a Client's methods, for errors.Is.
var (
	ErrNotFound  = kernel.StatusNotFound.Err()
	ErrExists    = kernel.StatusExists.Err()
	ErrWrongType = kernel.StatusWrongType.Err()
	ErrFull      = kernel.StatusFull.Err()
	ErrInvalid   = kernel.StatusInvalid.Err()
)

// Client calls the service through a port with nothing outstanding, one
// operation at a time. It belongs to the port's thread. Errors wrap one of the
// package's errors or the port's own; after kernel.ErrStopped it is not known
// whether the operation was executed.
//
// A program that wants several operations outstanding fills the port's window
// with the operations of this package (Get, Put, ...) itself.
type Client struct{ Port kernel.Port }

// Value is a value of either kind.
type Value struct {
	Kind  Kind
	Word  uint64 // for KindWord
	Bytes []byte // for KindBytes
}

// Get returns the key's word.
func (c Client) Get(key uint64) (uint64, error) {
	res, err := c.call("get", Get(key))
	if err != nil {
		return 0, err
	}
	return res.Value, nil
}

// GetBytes appends the key's byte string to dst and returns the result.
func (c Client) GetBytes(dst []byte, key uint64) ([]byte, error) {
	res, err := c.call("get-bytes", GetBytes(key))
	if err != nil {
		return dst, err
	}
	return append(dst, res.Data...), nil
}

// GetAny returns the key's value of either kind, in memory of its own.
func (c Client) GetAny(key uint64) (Value, error) {
	res, err := c.call("get-any", GetAny(key))
	if err != nil {
		return Value{}, err
	}
	return decodeAny(res)
}

// decodeAny reads the result of GetAny.
func decodeAny(res *kernel.Result) (Value, error) {
	switch {
	case Kind(res.Value) == KindBytes:
		return Value{Kind: KindBytes, Bytes: append([]byte{}, res.Data...)}, nil
	case Kind(res.Value) == KindWord && len(res.Data) == 8:
		return Value{Kind: KindWord, Word: binary.LittleEndian.Uint64(res.Data)}, nil
	}
	return Value{}, fmt.Errorf("kv get-any: kind %d with %d bytes: the answer is not one of this version of kv", res.Value, len(res.Data))
}

// Put stores a word and says whether it replaced a value of either kind.
func (c Client) Put(key, value uint64) (replaced bool, err error) {
	res, err := c.call("put", Put(key, value))
	return err == nil && res.Value == 1, err
}

// PutBytes stores a byte string of at most kernel.MaxData bytes and says
// whether it replaced a value of either kind.
func (c Client) PutBytes(key uint64, data []byte) (replaced bool, err error) {
	if len(data) > kernel.MaxData {
		return false, fmt.Errorf("kv put-bytes %d: %d bytes are more than %d: store them in parts: %w", key, len(data), kernel.MaxData, ErrInvalid)
	}
	res, err := c.call("put-bytes", PutBytes(key, data))
	return err == nil && res.Value == 1, err
}

// PutMany stores the words of 1 to MaxPairs pairs at one instant, and says how
// many of them replaced a value of either kind.
func (c Client) PutMany(pairs ...Pair) (replaced int, err error) {
	if n := len(pairs); n < 1 || n > MaxPairs {
		return 0, fmt.Errorf("kv put-many: %d pairs: give 1 to %d: %w", n, MaxPairs, ErrInvalid)
	}
	res, err := c.call("put-many", PutMany(AppendPairs(nil, pairs...)))
	if err != nil {
		return 0, err
	}
	return int(res.Value), nil
}

// Size returns the number of keys.
func (c Client) Size() (uint64, error) {
	res, err := c.call("size", Size())
	if err != nil {
		return 0, err
	}
	return res.Value, nil
}

// Scan appends the words of the lowest keys from first to last, at most limit
// (1 to MaxPairs), to dst, in ascending order of keys and as of one instant. To
// go on, scan from after the last key that came.
func (c Client) Scan(dst []Pair, first, last uint64, limit int) ([]Pair, error) {
	res, err := c.call("scan", Scan(first, last, limit))
	if err != nil {
		return dst, err
	}
	return PairsOf(dst, res.Data), nil
}

// Insert stores a word if the key is missing. Else the error is ErrExists, and
// found is the word that is there (0 if it is bytes).
func (c Client) Insert(key, value uint64) (found uint64, err error) {
	res, err := c.call("insert", Insert(key, value))
	if errors.Is(err, ErrExists) {
		return res.Value, err
	}
	return 0, err
}

// Delete removes a key and says whether it was there.
func (c Client) Delete(key uint64) (deleted bool, err error) {
	_, err = c.call("delete", Delete(key))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// CompareAndSwap stores the word new if the key holds the word old. It returns
// the word found and says whether it was swapped. A missing key is ErrNotFound.
func (c Client) CompareAndSwap(key, old, new uint64) (found uint64, swapped bool, err error) {
	res, err := c.call("cas", CompareAndSwap(key, old, new))
	switch {
	case err == nil:
		return res.Value, true, nil
	case errors.Is(err, errMismatch):
		return res.Value, false, nil
	}
	return 0, false, err
}

// Add adds n to the key's word modulo 2^64 and returns the sum. A missing key
// counts as 0.
func (c Client) Add(key, n uint64) (uint64, error) {
	res, err := c.call("add", Add(key, n))
	if err != nil {
		return 0, err
	}
	return res.Value, nil
}

var errMismatch = kernel.StatusMismatch.Err()

// call returns the result with the error of its status; the result is nil only
// if the port failed.
func (c Client) call(name string, op kernel.Op) (*kernel.Result, error) {
	res, err := kernel.Call(c.Port, op)
	if err == nil {
		err = res.Status.Err()
	}
	if err != nil {
		return res, fmt.Errorf("kv %s %d: %w", name, op.Args[0], err)
	}
	return res, nil
}

package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"

	"golang.org/x/sys/unix"
)

// socketPair returns the two ends of a connection between processes: ours to
// use, and the other to hand to a child.
func socketPair() (ours net.Conn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	mine := os.NewFile(uintptr(fds[0]), "kernel")
	theirs = os.NewFile(uintptr(fds[1]), "supervisor")
	defer func() { _ = mine.Close() }() // FileConn has a copy
	ours, err = net.FileConn(mine)
	if err != nil {
		_ = theirs.Close()
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return ours, theirs, nil
}

// errGone is the error of a call that was not answered because the other end
// has gone.
var errGone = errors.New("the connection ended")

// call calls a method of a kernel and waits for its answer, or for ctx. A call
// that was given up is answered into the void.
func call(ctx context.Context, c *rpc.Client, method string, ask any, into answer) error {
	params, err := json.Marshal(ask)
	if err != nil {
		return fmt.Errorf("%s: encode: %w", method, err)
	}
	var result json.RawMessage
	done := make(chan *rpc.Call, 1)
	c.Go(kernelService+"."+method, json.RawMessage(params), &result, done)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case finished := <-done:
		err = finished.Error
	}
	switch {
	case err == nil:
		if err := json.Unmarshal(result, into); err != nil {
			return fmt.Errorf("%s: decode: %w", method, err)
		}
		return into.err()
	case errors.Is(err, rpc.ErrShutdown), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET):
		return fmt.Errorf("%s: %w (%w)", method, errGone, err)
	}
	return fmt.Errorf("%s: %w", method, err)
}

// handle answers one call of a kernel: f fills the answer, and what it returns
// as an error crosses in it as a Failure.
func handle[Ask, Answer any, P interface {
	*Answer
	answer
}](params json.RawMessage, result *json.RawMessage, f func(Ask, P) error,
) error {
	var ask Ask
	var a Answer
	if err := json.Unmarshal(params, &ask); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if err := f(ask, P(&a)); err != nil {
		P(&a).fail(err)
	}
	encoded, err := json.Marshal(a)
	*result = encoded
	return err
}

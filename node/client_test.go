package node

import (
	"errors"
	"io"
	"net/url"
	"testing"

	"golang.org/x/sys/unix"
)

// TestExplain: however a connection shows that the machine at its other end has gone,
// a client says so.
func TestExplain(t *testing.T) {
	c := &Client{runDir: t.TempDir()}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, unix.ECONNRESET, unix.EPIPE, unix.ECONNREFUSED, errors.New("http: server closed idle connection")} {
		if got := c.explain(&url.Error{Op: "Post", URL: "http://nrkern/v1/sys", Err: err}); !errors.Is(got, ErrNotRunning) {
			t.Errorf("%v: %v, want ErrNotRunning", err, got)
		}
	}
}

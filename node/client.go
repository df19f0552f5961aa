package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Client reaches a machine of another process through its run directory.
type Client struct {
	runDir string
	http   *http.Client
}

// Dial returns a client of the machine that lives in a run directory (empty:
// DefaultRunDir). It fails with ErrNotRunning if none does.
func Dial(runDir string) (*Client, error) {
	if runDir == "" {
		runDir = DefaultRunDir()
	}
	path := filepath.Join(runDir, socketFile)
	if len(path) > maxSocketPath {
		return nil, usagef("run directory %s: the path of its socket has %d bytes, and Unix sockets take %d", runDir, len(path), maxSocketPath)
	}
	c := &Client{runDir: runDir}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
	}
	c.http = &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConns: 4, IdleConnTimeout: 10 * time.Second}}
	conn, err := dial(context.Background(), "", "")
	if err != nil {
		return nil, c.explain(err)
	}
	return c, conn.Close()
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// closedIdle is what net/http says, by an error of no type, when the machine ended
// while a connection was idle, and it is found out when a request is about to use it.
const closedIdle = "server closed idle connection"

// explain says in the user's terms why a machine was not reached.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ECONNREFUSED):
		if kept := keptKernels(c.runDir); len(kept) > 0 {
			return fmt.Errorf("%w: run directory %s: the supervisor has died, and the kernels, processes %v, go on: take them over with `nrkern start --attach`, or end them with `nrkern stop`", ErrNotRunning, c.runDir, kept)
		}
		return fmt.Errorf("%w: run directory %s: start one with `nrkern start`, or name its directory with --run-dir", ErrNotRunning, c.runDir)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: run directory %s belongs to another user: %w", ErrPermission, c.runDir, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.EPIPE),
		strings.Contains(err.Error(), closedIdle):
		return fmt.Errorf("%w: the machine of %s ended before it answered", ErrNotRunning, c.runDir)
	}
	return err
}

// Status asks for the machine's status.
func (c *Client) Status(ctx context.Context, ask StatusRequest) (*Status, error) {
	query := url.Values{}
	if ask.Digest {
		query.Set("digest", "1")
	}
	if ask.Collect {
		query.Set("collect", "1")
	}
	return exchange[Status](ctx, c, http.MethodGet, "/v1/status?"+query.Encode(), nil)
}

// Sys makes one system call at a node.
func (c *Client) Sys(ctx context.Context, ask SysRequest) (*SysAnswer, error) {
	return exchange[SysAnswer](ctx, c, http.MethodPost, "/v1/sys", ask)
}

// Bench runs a workload on all nodes.
func (c *Client) Bench(ctx context.Context, ask BenchRequest) (*BenchResult, error) {
	return exchange[BenchResult](ctx, c, http.MethodPost, "/v1/bench", ask)
}

// Record records a history of operations on all nodes.
func (c *Client) Record(ctx context.Context, ask RecordRequest) (*RecordResult, error) {
	return exchange[RecordResult](ctx, c, http.MethodPost, "/v1/record", ask)
}

// Probe looks for stale reads.
func (c *Client) Probe(ctx context.Context, ask ProbeRequest) (*ProbeResult, error) {
	return exchange[ProbeResult](ctx, c, http.MethodPost, "/v1/probe", ask)
}

// Sites asks where the probe sites of the machine are.
func (c *Client) Sites(ctx context.Context, ask SitesRequest) (*Sites, error) {
	return exchange[Sites](ctx, c, http.MethodPost, "/v1/sites", ask)
}

// Strike kills a kernel, or stops it for a while.
func (c *Client) Strike(ctx context.Context, ask StrikeRequest) (*Strike, error) {
	return exchange[Strike](ctx, c, http.MethodPost, "/v1/strike", ask)
}

// Member takes a node out, or puts it back.
func (c *Client) Member(ctx context.Context, ask MemberRequest) (*Membership, error) {
	return exchange[Membership](ctx, c, http.MethodPost, "/v1/member", ask)
}

// Stop stops the machine; one that is not there any more is stopped.
func (c *Client) Stop(ctx context.Context) error {
	_, err := exchange[struct{}](ctx, c, http.MethodPost, "/v1/stop", struct{}{})
	if errors.Is(err, ErrNotRunning) {
		return nil
	}
	return err
}

// exchange sends a request and decodes its answer.
func exchange[Answer any](ctx context.Context, c *Client, method, path string, ask any) (*Answer, error) {
	resp, err := c.send(ctx, method, path, ask)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := new(Answer)
	if err := json.NewDecoder(resp.Body).Decode(a); err != nil {
		return nil, fmt.Errorf("answer of %s: %w", path, c.explain(err))
	}
	return a, nil
}

// send sends a request; an answer that is a Failure becomes the error.
func (c *Client) send(ctx context.Context, method, path string, ask any) (*http.Response, error) {
	var body io.Reader
	if ask != nil {
		encoded, err := json.Marshal(ask)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://nrkern"+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, c.explain(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	f := new(Failure)
	if json.Unmarshal(text, f) != nil || f.Text == "" {
		return nil, fmt.Errorf("%s: %s: %s: do client and machine have one version?", path, resp.Status, strings.TrimSpace(string(text)))
	}
	return nil, f
}

// Events calls f for the events of late and for those that come.
func (c *Client) Events(ctx context.Context, f func(Event) error) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/events", nil)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxRequest)
	ended := false
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("event: %w", err)
		}
		ended = e.Kind == EventStopped
		if err := f(e); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil && !ended && ctx.Err() == nil {
		return c.explain(err)
	}
	return nil
}

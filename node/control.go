package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// The control plane: HTTP and JSON over a Unix socket of mode 0600. Errors are
// a Failure, {"error": "...", "code": "..."}.
//
//	GET  /v1/status[?digest=1&collect=1]  Status
//	GET  /v1/session            SessionInfo, which lasts until the client goes away
//	GET  /v1/events             server-sent events, each an Event
//	POST /v1/sys                SysRequest -> SysAnswer
//	POST /v1/bench              BenchRequest -> BenchResult
//	POST /v1/record             RecordRequest -> RecordResult
//	POST /v1/probe              ProbeRequest -> ProbeResult
//	POST /v1/sites              SitesRequest -> Sites
//	POST /v1/strike             StrikeRequest -> Strike
//	POST /v1/member             MemberRequest -> Membership
//	POST /v1/stop               answered when nothing is left
//
// A client that goes away ends what it asked for.
type control struct {
	m        *Machine
	listener *net.UnixListener
	server   *http.Server
	served   chan struct{}
}

// maxRequest is the longest body of a request, in bytes.
const maxRequest = 1 << 20

// openControl opens the control socket of a machine and serves it.
func openControl(m *Machine) (*control, error) {
	path := m.dir.file(socketFile)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", mapPermission(err))
	}
	// The run directory removes it: closing must not, when another machine may
	// have it by then.
	l.SetUnlinkOnClose(false)
	// The directory is closed to others, so nobody was faster.
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	c := &control{m: m, listener: l, served: make(chan struct{})}
	c.server = &http.Server{
		Handler: c.routes(), ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: zap.NewStdLog(m.log.Named("control")),
	}
	go func() {
		defer close(c.served)
		_ = c.server.Serve(peerListener{l, m.log})
	}()
	return c, nil
}

// refuse lets nobody new in.
func (c *control) refuse() {
	if c != nil {
		_ = c.listener.Close()
	}
}

// close waits a moment for the last answers, and ends the service.
func (c *control) close() {
	if c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := c.server.Shutdown(ctx); err != nil {
		_ = c.server.Close()
	}
	<-c.served
}

// peerListener lets in connections of the same user and of root only.
type peerListener struct {
	*net.UnixListener
	log *zap.Logger
}

// Accept closes what strangers open.
func (l peerListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		peer, err := peerOf(conn)
		if err == nil && (peer.Uid == 0 || int(peer.Uid) == os.Getuid()) {
			return conn, nil
		}
		if err == nil {
			err = fmt.Errorf("user %d, process %d: only user %d and root may", peer.Uid, peer.Pid, os.Getuid())
		}
		l.log.Warn("control socket: a connection was refused", zap.Error(err))
		_ = conn.Close()
	}
}

// peerOf asks the kernel who is at the other end.
func peerOf(conn *net.UnixConn) (*unix.Ucred, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return nil, err
	}
	return peer, failed
}

func (c *control) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		ask := StatusRequest{Digest: r.URL.Query().Get("digest") == "1", Collect: r.URL.Query().Get("collect") == "1"}
		answerWith(w, r, ask, c.m.Status)
	})
	mux.HandleFunc("GET /v1/events", c.events)
	mux.HandleFunc("GET /v1/session", c.session)
	mux.HandleFunc("POST /v1/sys", func(w http.ResponseWriter, r *http.Request) { serve(w, r, SysRequest{}, c.m.Sys) })
	mux.HandleFunc("POST /v1/bench", func(w http.ResponseWriter, r *http.Request) { serve(w, r, DefaultBenchRequest(), c.m.Bench) })
	mux.HandleFunc("POST /v1/record", func(w http.ResponseWriter, r *http.Request) { serve(w, r, DefaultRecordRequest(), c.m.Record) })
	mux.HandleFunc("POST /v1/probe", func(w http.ResponseWriter, r *http.Request) { serve(w, r, DefaultProbeRequest(), c.m.Probe) })
	mux.HandleFunc("POST /v1/sites", func(w http.ResponseWriter, r *http.Request) { serve(w, r, SitesRequest{}, c.m.Sites) })
	mux.HandleFunc("POST /v1/strike", func(w http.ResponseWriter, r *http.Request) { serve(w, r, StrikeRequest{}, c.m.Strike) })
	mux.HandleFunc("POST /v1/member", func(w http.ResponseWriter, r *http.Request) { serve(w, r, MemberRequest{}, c.m.Member) })
	mux.HandleFunc("POST /v1/stop", func(w http.ResponseWriter, r *http.Request) {
		answerWith(w, r, struct{}{}, func(ctx context.Context, _ struct{}) (*struct{}, error) {
			return &struct{}{}, c.m.Stop(ctx)
		})
	})
	return mux
}

// serve reads a request over its defaults, and answers it.
func serve[Ask, Answer any](w http.ResponseWriter, r *http.Request, ask Ask, f func(context.Context, Ask) (*Answer, error)) {
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	body.DisallowUnknownFields()
	err := body.Decode(&ask)
	if err == nil {
		// To the end: only then does the server notice that a client goes away.
		_, err = body.Token()
		if errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = errors.New("something follows the object")
		}
	}
	if err != nil {
		writeFailure(w, usagef("body of %s: %v", r.URL.Path, err))
		return
	}
	answerWith(w, r, ask, f)
}

func answerWith[Ask, Answer any](w http.ResponseWriter, r *http.Request, ask Ask, f func(context.Context, Ask) (*Answer, error)) {
	a, err := f(r.Context(), ask)
	if err != nil {
		writeFailure(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a)
}

func writeFailure(w http.ResponseWriter, err error) {
	f := failureOf(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.httpStatus())
	_ = json.NewEncoder(w).Encode(f)
}

// events streams events as server-sent events.
func (c *control) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w).Flush
	_ = flush()
	_ = c.m.Events(r.Context(), func(e Event) error {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Sequence, e.Kind, data); err != nil {
			return err
		}
		return flush()
	})
}

package node

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/nrkern/nrkern/kernel/names"
)

// SessionInfo is a session of the name service that ends with whoever opened it.
type SessionInfo struct {
	Session uint64 `json:"session"`
}

// SessionTop is the bit that all sessions have that the supervisor gives out, and
// that no process number has: people may use those.
const SessionTop = 1 << 63

// expirePatience is how long a node may take to let go of what a session has.
const expirePatience = 5 * time.Second

// Session opens a session of the name service and calls f with it. When ctx is done
// or f returns (with whatever error), the session ends: its locks, its places in
// queues and barriers, its mailboxes and records are let go of. So a client of the
// control socket that dies, however it dies, leaves nothing behind.
func (m *Machine) Session(ctx context.Context, f func(context.Context, SessionInfo) error) error {
	s := SessionInfo{rand.Uint64() | SessionTop}
	err := f(ctx, s)
	if m.life.Err() != nil {
		return err // and so is all that it had
	}
	if failed := m.expire(s.Session); failed != nil {
		m.log.Warn("a session of the name service was not ended", zap.Uint64("session", s.Session), zap.Error(failed))
	}
	return err
}

// expire ends a session, by whichever node can.
func (m *Machine) expire(session uint64) (err error) {
	for n := range m.topology.Nodes {
		ctx, cancel := context.WithTimeout(context.Background(), expirePatience)
		_, err = m.Sys(ctx, SysRequest{Node: n, Service: names.Definition().Name, Words: []string{"expire", strconv.FormatUint(session, 10)}})
		cancel()
		if err == nil {
			return nil
		}
	}
	return err
}

// session tells a client its session and holds it until the client goes away.
func (c *control) session(w http.ResponseWriter, r *http.Request) {
	_ = c.m.Session(r.Context(), func(ctx context.Context, s SessionInfo) error {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		if err := json.NewEncoder(w).Encode(s); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-c.m.life.Done():
		}
		return nil
	})
}

// Session opens a session of the name service, and calls f with it: see the
// method of Machine. The context that f gets ends when the machine stops.
func (c *Client) Session(ctx context.Context, f func(context.Context, SessionInfo) error) error {
	held, release := context.WithCancel(ctx)
	defer release()
	resp, err := c.send(held, http.MethodGet, "/v1/session", nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body := bufio.NewReader(resp.Body)
	line, err := body.ReadBytes('\n')
	var s SessionInfo
	if err == nil {
		err = json.Unmarshal(line, &s)
	}
	if err != nil {
		return fmt.Errorf("answer of /v1/session: %w", c.explain(err))
	}
	working, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	go func() {
		// Nothing more comes: what ends is the machine, or this session.
		if _, err := body.ReadByte(); err != nil && held.Err() == nil {
			lost(fmt.Errorf("%w: the machine of %s ended, and with it the session", ErrNotRunning, c.runDir))
		}
	}()
	return f(working, s)
}

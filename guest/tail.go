package guest

import (
	"bytes"
	"strings"
	"sync"
)

// tail keeps the last bytes of what is written to it.
//
// Concurrency: may be used by several goroutines.
type tail struct {
	mu    sync.Mutex
	limit int
	kept  []byte
}

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	// Cut rarely, so that a byte is moved once on average.
	if len(t.kept) > 2*t.limit {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-t.limit:]...)
	}
	return len(p), nil
}

// String returns what is kept, with the line ends of a serial console made
// ordinary ones.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ReplaceAll(t.kept, []byte("\r\n"), []byte("\n")))
}

// lastLines returns the last n lines of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

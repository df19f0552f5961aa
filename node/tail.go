package node

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	tailLines = 20   // kept of what a kernel said
	tailWidth = 4096 // longest line kept, in bytes
)

// tail reads what a kernel process writes to its standard error, hands it on
// line by line, and keeps the last lines for the message about its death.
type tail struct {
	file *os.File
	done chan struct{}

	mu    sync.Mutex
	lines []string
	crash string // how a crash of the Go runtime began, which the last lines may not hold
}

func newTail(f *os.File, heard func(line string)) *tail {
	t := &tail{file: f, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		r := bufio.NewReaderSize(f, tailWidth)
		for {
			line, err := r.ReadSlice('\n')
			if text := strings.TrimRight(string(line), "\r\n"); text != "" {
				t.keep(text)
				if heard != nil {
					heard(text)
				}
			}
			if err != nil && err != bufio.ErrBufferFull {
				return
			}
		}
	}()
	return t
}

func (t *tail) keep(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.crash == "" && beginsCrash(line) {
		t.crash = line
	}
	if t.lines = append(t.lines, line); len(t.lines) > tailLines {
		t.lines = append(t.lines[:0:0], t.lines[len(t.lines)-tailLines:]...)
	}
}

// beginsCrash reports whether the Go runtime says with a line why it ends the
// process: the traces of all threads follow.
func beginsCrash(line string) bool {
	for _, prefix := range []string{"panic: ", "fatal error: ", "unexpected fault address "} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// last returns the last lines, after the one that a crash began with.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if t.crash != "" && !slices.Contains(lines, t.crash) {
		lines = append([]string{t.crash, "..."}, lines...)
	}
	return strings.Join(lines, "\n")
}

// finish reads what is left of a process that has ended, and closes the pipe.
// Somebody else may have inherited its other end: that is not waited for long.
func (t *tail) finish() {
	select {
	case <-t.done:
	case <-time.After(200 * time.Millisecond):
	}
	_ = t.file.Close()
	<-t.done
}

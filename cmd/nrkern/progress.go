package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/experiments/experiment"
)

// newProgress shows how a run goes on: a bar that is drawn over on a terminal,
// now and then a line elsewhere.
func newProgress(w io.Writer, name string) experiment.Progress {
	if f, ok := w.(*os.File); ok {
		if columns := terminalWidth(f); columns > 0 {
			return &bar{w: w, name: name, columns: columns}
		}
	}
	return &lines{w: w, name: name}
}

// terminalWidth is the number of columns of a terminal, 0 of what is none.
func terminalWidth(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || os.Getenv("TERM") == "dumb" {
		return 0
	}
	return max(int(size.Col), 40)
}

// lines is progress in lines.
type lines struct {
	w    io.Writer
	name string
	said time.Time
}

// sayEvery is the time from one line to the next.
const sayEvery = 5 * time.Second

// Begin says what begins.
func (l *lines) Begin(what string, samples int) {
	fmt.Fprintf(l.w, "%s: %s begins, %d samples planned so far\n", l.name, what, samples)
	l.said = time.Now()
}

// Sample says now and then how far it is.
func (l *lines) Sample(done, of int, left time.Duration) {
	if time.Since(l.said) < sayEvery {
		return
	}
	l.said = time.Now()
	fmt.Fprintf(l.w, "%s: %d of %d samples, about %s left\n", l.name, done, of, rough(left))
}

// End says nothing: what was found comes next.
func (l *lines) End() {}

// bar is progress on a terminal.
type bar struct {
	w       io.Writer
	name    string
	what    string
	columns int
	drawn   time.Time
}

// drawEvery is the time from one drawing to the next.
const drawEvery = 100 * time.Millisecond

// Begin draws an empty bar.
func (b *bar) Begin(what string, samples int) {
	b.what = what
	b.drawn = time.Time{}
	b.Sample(0, samples, 0)
}

// Sample draws the bar anew.
func (b *bar) Sample(done, of int, left time.Duration) {
	if time.Since(b.drawn) < drawEvery {
		return
	}
	b.drawn = time.Now()
	text := fmt.Sprintf(" %3d %%  %s", 100*done/max(of, 1), b.what)
	if done > 0 {
		text = fmt.Sprintf(" %3d %%  %s left  %s", 100*done/max(of, 1), rough(left), b.what)
	}
	width := min(30, max(8, b.columns-len(text)-3))
	full := width * done / max(of, 1)
	line := "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]" + text
	fmt.Fprintf(b.w, "\r\x1b[K%.*s", b.columns-1, line)
}

// End removes the bar.
func (b *bar) End() { fmt.Fprint(b.w, "\r\x1b[K") }

// rough writes a time to come: "2 min 10 s", "14 s".
func rough(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 60 {
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d s", s)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"
)

// screen is something to look at as it changes.
type screen interface {
	// refresh takes what came since the last time.
	refresh(ctx context.Context) error
	// print writes it in the format that was asked for.
	print() error
	// draw writes it for people, its first table sorted by a column.
	draw(w io.Writer, by order) error
	// columns are those by which it can be sorted.
	columns() []string
}

// order is how a table is sorted: by a column, from the largest or the smallest.
type order struct {
	column   string
	reversed bool
}

// liveFlags are the flags of commands that show screens.
type liveFlags struct {
	interval time.Duration
	count    int
	sort     string
}

// order checks --sort against the columns that there are.
func (f liveFlags) order(command string, columns []string) (order, error) {
	if f.interval < 10*time.Millisecond {
		return order{}, &usageError{text: fmt.Sprintf("--interval %v: want at least 10ms", f.interval), command: command}
	}
	column, reversed := strings.CutPrefix(f.sort, "-")
	if column == "" {
		return order{columns[0], reversed}, nil
	}
	if !slices.Contains(columns, column) {
		return order{}, &usageError{text: fmt.Sprintf("--sort %s: want one of %s; with a - before it, the smallest first", column, strings.Join(columns, ", ")), command: command}
	}
	return order{column, reversed}, nil
}

// show shows a screen until it is interrupted, or count times. On a terminal it
// stays in place and takes keys; elsewhere screens follow each other, and without
// a count there is one.
func (s *session) show(ctx context.Context, sc screen, f liveFlags, by order) error {
	if f.count == 0 && s.output == asTable && terminal(s.out) {
		return s.showLive(ctx, sc, f.interval, by)
	}
	for i := range max(f.count, 1) {
		select {
		case <-time.After(f.interval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := sc.refresh(ctx); err != nil {
			return err
		}
		if s.output != asTable {
			if err := sc.print(); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := sc.draw(s.out, by); err != nil {
			return err
		}
	}
	return nil
}

// terminal reports whether what is written is seen at once by a person.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// model is a screen as bubbletea runs it.
type model struct {
	ctx      context.Context
	screen   screen
	interval time.Duration
	by       order
	paused   bool
	height   int
	text     string
	err      error
}

// refreshed says that the screen has been refreshed.
type refreshed struct{ err error }

func (s *session) showLive(ctx context.Context, sc screen, interval time.Duration, by order) error {
	m := &model{ctx: ctx, screen: sc, interval: interval, by: by, text: "looking\n"}
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithOutput(s.out), tea.WithoutSignalHandler()).Run()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case m.err != nil:
		return m.err
	case errors.Is(err, tea.ErrInterrupted):
		return nil
	}
	return err
}

// later refreshes the screen after the interval.
func (m *model) later() tea.Cmd {
	return tea.Tick(m.interval, func(time.Time) tea.Msg { return refreshed{m.screen.refresh(m.ctx)} })
}

// Init begins to refresh.
func (m *model) Init() tea.Cmd { return m.later() }

// Update takes a key or a refreshed screen.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.height = msg.Height
	case refreshed:
		if m.err = msg.err; m.err != nil {
			return m, tea.Quit
		}
		if !m.paused {
			m.redraw()
		}
		return m, m.later()
	case tea.KeyPressMsg:
		return m.key(msg.String())
	}
	return m, nil
}

func (m *model) key(name string) (tea.Model, tea.Cmd) {
	switch name {
	case "q", "esc", "ctrl+c":
		return m, tea.Quit
	case "s", "right":
		m.by.column = m.next(1)
	case "S", "left":
		m.by.column = m.next(-1)
	case "r":
		m.by.reversed = !m.by.reversed
	case "space":
		m.paused = !m.paused
		return m, nil
	}
	m.redraw()
	return m, nil
}

// next is the column so many after the one that sorts.
func (m *model) next(by int) string {
	columns := m.screen.columns()
	at := slices.Index(columns, m.by.column) + by
	return columns[(at+len(columns))%len(columns)]
}

func (m *model) redraw() {
	var b strings.Builder
	if m.err = m.screen.draw(&b, m.by); m.err == nil {
		m.text = b.String()
	}
}

// View is the screen, cut to the terminal, with the keys below it.
func (m *model) View() tea.View {
	lines := strings.Split(strings.TrimRight(m.text, "\n"), "\n")
	keys := fmt.Sprintf("sorted by %s   s next column   r reverse   space pause   q quit", m.by.column)
	if m.paused {
		keys = "PAUSED   " + keys
	}
	if room := m.height - 2; m.height > 2 && len(lines) > room {
		lines = append(lines[:room-1], fmt.Sprintf("... %d more lines", len(lines)-room+1))
	}
	v := tea.NewView(strings.Join(lines, "\n") + "\n\n" + keys)
	v.AltScreen = true
	return v
}

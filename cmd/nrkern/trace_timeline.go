package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/export"
)

// timelineFile is a timeline that is being written; nil for none.
type timelineFile struct {
	*export.Timeline
	file *os.File
	stop chan struct{}
	done chan error
}

// timeline writes hits to a file from now on; without a path it writes none.
func (w *watch) timeline(path string) (*timelineFile, error) {
	if path == "" {
		return nil, nil
	}
	if err := w.ProbeError(); err != nil {
		return nil, fmt.Errorf("--chrome: a timeline is made of the hits of probes: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("--chrome: %w", err)
	}
	t := &timelineFile{
		Timeline: export.NewTimeline(f, func(service, code uint8) string { return operationText(int(service), int(code)) }),
		file:     f, stop: make(chan struct{}), done: make(chan error, 1),
	}
	go func() { t.done <- w.Hits(t.stop, t.Add) }()
	return t, nil
}

// finish ends the file with what the report says was lost.
func (t *timelineFile) finish(r *tracing.Report) error {
	if t == nil {
		return nil
	}
	close(t.stop)
	err := <-t.done
	if err == nil {
		r.Lost.Timeline = t.Dropped
		r.Lost.Total += t.Dropped
		err = t.Close(r)
	}
	if err = errors.Join(err, t.file.Close()); err != nil {
		return fmt.Errorf("--chrome: %w", err)
	}
	return nil
}

// abandon leaves no half of a file.
func (t *timelineFile) abandon() error {
	if t == nil {
		return nil
	}
	close(t.stop)
	return errors.Join(<-t.done, t.file.Close(), os.Remove(t.file.Name()))
}

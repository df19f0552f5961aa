package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"time"
)

// Kind says what a Frame is.
type Kind string

const (
	// Hello is the first frame: /init runs and can be heard.
	Hello Kind = "hello"
	// Start says that a command is about to run.
	Start Kind = "start"
	// Stdout carries bytes that a command wrote to its standard output.
	Stdout Kind = "stdout"
	// Stderr carries bytes that a command wrote to its standard error.
	Stderr Kind = "stderr"
	// Exited says how a command ended.
	Exited Kind = "exit"
	// Failed says why /init gives up.
	Failed Kind = "fail"
	// End is the last frame: every command has run, the power goes off.
	End Kind = "end"
)

// MaxData is the most bytes of output that one frame carries.
const MaxData = 3 << 10

// maxLine bounds a line: MaxData in base64, and the rest of the frame.
const maxLine = 16 << 10

const mark = "@nrkern "

// ErrGarbled is wrapped by the error for a line that is not the frame that
// had to come next.
var ErrGarbled = errors.New("garbled frame")

// Frame is one message of /init.
type Frame struct {
	// Seq counts the frames of a boot from 0. The Encoder sets it.
	Seq uint32 `json:"seq"`
	// Kind says which of the other fields matter.
	Kind Kind `json:"kind"`
	// Command is an index into Plan.Commands.
	Command int `json:"command"`
	// Data is output, or the reason of Failed.
	Data []byte `json:"data,omitempty"`
	// About comes with Hello.
	About *About `json:"about,omitempty"`
	// Exit comes with Exited.
	Exit *Exit `json:"exit,omitempty"`
}

// About is the guest as its /init finds it.
type About struct {
	// Release is the version of the guest's Linux (uname -r).
	Release string `json:"release"`
	// Missing names file systems that this Linux could not mount, and why.
	Missing []string `json:"missing,omitempty"`
}

// Exit is how a command ended.
type Exit struct {
	// Code is the exit code; -1 when a signal ended the command or it did not
	// start.
	Code int `json:"code"`
	// Signal is the number of the signal that ended it, or 0.
	Signal int `json:"signal,omitempty"`
	// TimedOut says that it was killed at its Timeout.
	TimedOut bool `json:"timed_out,omitempty"`
	// OutputOpen says that the command is gone, but a process that it left
	// behind still holds its standard output or error.
	OutputOpen bool `json:"output_open,omitempty"`
	// Error says why the command did not start, or is empty.
	Error string `json:"error,omitempty"`
	// Elapsed is the time that it ran, by the guest's clock.
	Elapsed time.Duration `json:"elapsed_ns"`
}

// Encoder writes frames.
type Encoder struct {
	mu  sync.Mutex
	w   io.Writer
	seq uint32
}

// NewEncoder returns an Encoder that writes to w, one Write a frame.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{w: w} }

// Send numbers f and writes it.
func (e *Encoder) Send(f Frame) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	f.Seq = e.seq
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("frame %d (%s): %w", f.Seq, f.Kind, err)
	}
	line := fmt.Appendf(nil, "%s%08x %s\n", mark, crc32.ChecksumIEEE(body), body)
	if len(line) > maxLine {
		return fmt.Errorf("frame %d (%s): %d bytes in a line, at most %d fit", f.Seq, f.Kind, len(line), maxLine)
	}
	if _, err := e.w.Write(line); err != nil {
		return fmt.Errorf("frame %d (%s): %w", f.Seq, f.Kind, err)
	}
	e.seq++
	return nil
}

// Decoder reads frames.
type Decoder struct {
	r    *bufio.Reader
	next uint32
}

// NewDecoder returns a Decoder that reads from r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{r: bufio.NewReaderSize(r, maxLine)} }

// Next returns the next frame. The error is io.EOF when the line ends between
// frames, wraps io.ErrUnexpectedEOF when it ends within one, and wraps
// ErrGarbled when bytes were lost, changed or added.
func (d *Decoder) Next() (Frame, error) {
	line, err := d.r.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) == 0:
		return Frame{}, io.EOF
	case errors.Is(err, io.EOF):
		return Frame{}, fmt.Errorf("frame %d is cut off after %d bytes: %w", d.next, len(line), io.ErrUnexpectedEOF)
	case errors.Is(err, bufio.ErrBufferFull):
		return Frame{}, fmt.Errorf("%w: frame %d is longer than %d bytes", ErrGarbled, d.next, maxLine)
	case err != nil:
		return Frame{}, fmt.Errorf("frame %d: %w", d.next, err)
	}
	f, err := parse(bytes.TrimSuffix(line, []byte("\n")))
	if err != nil {
		return Frame{}, fmt.Errorf("%w: frame %d: %w", ErrGarbled, d.next, err)
	}
	if f.Seq != d.next {
		return Frame{}, fmt.Errorf("%w: frame %d came where frame %d was due", ErrGarbled, f.Seq, d.next)
	}
	d.next++
	return f, nil
}

func parse(line []byte) (Frame, error) {
	var f Frame
	rest, ok := bytes.CutPrefix(line, []byte(mark))
	sum, body, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok || !ok2 {
		return f, fmt.Errorf("%.80q is no frame", line)
	}
	if want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)); want != string(sum) {
		return f, fmt.Errorf("checksum is %.16q, its content has %s", sum, want)
	}
	return f, json.Unmarshal(body, &f)
}

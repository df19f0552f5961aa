package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/nrkern/nrkern/measure"
)

// child is a process that takes samples on request: the C reference, or this
// command itself in another build. A request is a line, and so is its answer:
//
//	NAME CPU CPU WARMUP_NS DURATION_NS ARGUMENT
//	OPERATIONS ELAPSED_NS PREEMPTIONS [P999_NS WORST_NS]
//
// or "error: …". It ends with its input.
type child struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startChild(program string, args ...string) (*child, error) {
	c := &child{process: exec.Command(program, args...)}
	c.process.Stderr = os.Stderr
	in, err := c.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.process.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotMeasured, err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	return c, nil
}

// sample has the child take one sample.
func (c *child) sample(name string, cpus [2]int, span Span, argument uint64) (reading, error) {
	fmt.Fprintf(c.in, "%s %d %d %d %d %d\n", name, cpus[0], cpus[1], span.Warmup.Nanoseconds(), span.Duration.Nanoseconds(), argument)
	line, err := c.out.ReadString('\n')
	if err != nil {
		return reading{}, fmt.Errorf("%s: the process that measures %s has ended: %w", c.process.Path, name, err)
	}
	return parseReading(line)
}

func parseReading(line string) (reading, error) {
	var r reading
	var elapsed, p999, worst int64
	n, _ := fmt.Sscan(line, &r.operations, &elapsed, &r.preempted, &p999, &worst)
	if n != 3 && n != 5 {
		return r, fmt.Errorf("sample: %s", strings.TrimSpace(line))
	}
	r.elapsed, r.p999, r.worst = time.Duration(elapsed), time.Duration(p999), time.Duration(worst)
	return r, nil
}

// close ends the child and waits for it.
func (c *child) close() error {
	_ = c.in.Close()
	return c.process.Wait()
}

// The first argument of a command that is started as a child.
const (
	serveMode = "serve-samples"
	peerMode  = "peer-kernel"
)

// Child runs this process as a child of a session if its arguments say so, and
// reports whether they did: a command that opens sessions calls it first.
func Child(args []string) (was bool, err error) {
	switch {
	case len(args) == 1 && args[0] == serveMode:
		return true, serve(os.Stdin, os.Stdout)
	case len(args) > 0 && args[0] == peerMode:
		return true, peer(args[1:])
	}
	return false, nil
}

// serve answers requests for samples until its input ends.
func serve(in io.Reader, out io.Writer) error {
	defer measure.Quiet(2)()
	lines := bufio.NewScanner(in)
	made := map[string]func(Span) (reading, error){}
	for lines.Scan() {
		r, err := serveOne(lines.Text(), made)
		if err != nil {
			_, err = fmt.Fprintf(out, "error: %v\n", err)
		} else {
			_, err = fmt.Fprintf(out, "%d %d %d %d %d\n", r.operations, r.elapsed.Nanoseconds(), r.preempted, r.p999.Nanoseconds(), r.worst.Nanoseconds())
		}
		if err != nil {
			return err
		}
	}
	return lines.Err()
}

// serveOne takes one sample, of a load that is made at its first request.
func serveOne(request string, made map[string]func(Span) (reading, error)) (reading, error) {
	var name string
	var cpus [2]int
	var warmup, duration int64
	var argument uint64
	if _, err := fmt.Sscan(request, &name, &cpus[0], &cpus[1], &warmup, &duration, &argument); err != nil {
		return reading{}, fmt.Errorf("request %q: %w", request, err)
	}
	if made[name] == nil {
		fresh := buildLoad
		if strings.HasPrefix(name, "state-") {
			fresh = stateLoad
		}
		load, err := fresh(name, cpus, argument)
		if err != nil {
			return reading{}, err
		}
		made[name] = load
	}
	return made[name](Span{Warmup: time.Duration(warmup), Duration: time.Duration(duration)})
}

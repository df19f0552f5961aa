package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nrkern/nrkern/node"
)

// answers is how often a busy machine is asked for its status.
const answers = 20

// alive asks a machine for its status while a thread spins on every CPU, and
// looks at what the machine takes of the CPUs while nobody calls.
func alive(s *Session) ([]Line, error) {
	var lines []Line
	for _, mode := range []node.Mode{node.ModeNR, node.ModeMultikernel} {
		got, err := s.aliveAt(kernels{mode: mode, topology: "2x1"})
		lines = append(lines, in(string(mode)+", 2 nodes", orFailed(got, err)...)...)
	}
	return lines, nil
}

func (s *Session) aliveAt(k kernels) (lines []Line, err error) {
	const answerLimit, idleLimit = 200 * time.Millisecond, 1.0
	return lines, s.withMachine(k, func(m *node.Machine) error {
		percent, err := s.idleShare(m)
		if err != nil {
			return err
		}
		l := alone("idle kernels", PercentOfCPU, exactly(percent), atMost(idleLimit))
		l.Placement = Processes
		lines = append(lines, l)

		ask := node.DefaultBenchRequest()
		ask.Keys, ask.Duration, ask.Warmup = s.Keys, 3*s.Machines, s.Machines/7
		ended := make(chan error, 1)
		go func() {
			_, err := m.Bench(s.ctx, ask)
			ended <- err
		}()
		time.Sleep(s.Machines)
		var slowest time.Duration
		for range answers {
			took, err := s.askStatus(m)
			if err != nil {
				return err
			}
			slowest = max(slowest, took)
			time.Sleep(s.Machines / 35)
		}
		l = alone(fmt.Sprintf("slowest of %d answers", answers), LatencyMax, exactly(float64(slowest)), atMost(float64(answerLimit)))
		l.Placement = Processes
		lines = append(lines, l)
		return <-ended
	})
}

// askStatus asks through the control socket, as `nrkern status` does.
func (s *Session) askStatus(m *node.Machine) (time.Duration, error) {
	began := time.Now()
	c, err := node.Dial(m.RunDir())
	if err != nil {
		return 0, err
	}
	defer c.Close()
	_, err = c.Status(s.ctx, node.StatusRequest{})
	return time.Since(began), err
}

// idleShare returns what the kernel processes of an idle machine take of one
// CPU, in percent.
func (s *Session) idleShare(m *node.Machine) (float64, error) {
	status, err := m.Status(s.ctx, node.StatusRequest{})
	if err != nil {
		return 0, err
	}
	time.Sleep(s.Machines / 2) // they go to rest
	total := func() (ns uint64, err error) {
		for _, k := range status.Kernels {
			files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", k.PID))
			if err != nil {
				return 0, err
			}
			for _, f := range files {
				text, err := os.ReadFile(f)
				if err != nil {
					continue // the thread has ended
				}
				var ran uint64
				if _, err := fmt.Sscan(string(text), &ran); err != nil {
					return 0, fmt.Errorf("%w: %s: %w", ErrNotMeasured, f, err)
				}
				ns += ran
			}
		}
		return ns, nil
	}
	before, err := total()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	time.Sleep(3 * s.Machines)
	elapsed := time.Since(began)
	after, err := total()
	return 100 * float64(after-before) / float64(elapsed), err
}

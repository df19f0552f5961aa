package stacks

import (
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// Sampler takes stacks.
type Sampler struct {
	objects stacksObjects
	events  []int
	names   map[int]*names // by process
}

// Start takes the stacks of processes so many times a second on every CPU.
func Start(pids []int, hertz uint64) (_ *Sampler, err error) {
	s := &Sampler{names: map[int]*names{}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if err := loadStacksObjects(&s.objects, nil); err != nil {
		return nil, fmt.Errorf("load the program that takes stacks: %w", err)
	}
	for _, pid := range pids {
		if err := s.objects.Targets.Put(uint32(pid), uint32(1)); err != nil {
			return nil, fmt.Errorf("stacks of process %d: %w", pid, err)
		}
		if s.names[pid], err = namesOf(pid); err != nil {
			return nil, err
		}
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return nil, err
	}
	for cpu := range cpus {
		if err := s.tick(cpu, hertz); err != nil && !errors.Is(err, unix.ENODEV) { // a CPU that is off
			return nil, fmt.Errorf("a clock on CPU %d: %w", cpu, err)
		}
	}
	return s, nil
}

func (s *Sampler) tick(cpu int, hertz uint64) error {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Sample: hertz, Bits: unix.PerfBitFreq,
	}
	fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return err
	}
	s.events = append(s.events, fd)
	if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_BPF, s.objects.Sample.FD()); err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_ENABLE, 0)
}

// Stack is a stack and how often it was found.
type Stack struct {
	PID     int
	Samples uint64
	// Frames are functions, the innermost first; one without a name is its
	// address.
	Frames []string
}

// Read returns the stacks found so far, the most frequent first, and how many
// samples were lost.
func (s *Sampler) Read() (found []Stack, lost uint64, err error) {
	var key stacksStackKey
	var samples uint64
	together := map[string]*Stack{}
	for pid, n := range s.names {
		n.look(pid)
	}
	entries := s.objects.Samples.Iterate()
	for entries.Next(&key, &samples) {
		var addresses [127]uint64
		if err := s.objects.Stacks.Lookup(uint32(key.Stack), &addresses); err != nil {
			lost += samples
			continue
		}
		n := Stack{PID: int(key.Tgid), Samples: samples}
		for _, a := range addresses {
			if a == 0 {
				break
			}
			n.Frames = append(n.Frames, s.names[n.PID].of(a, len(n.Frames) > 0))
		}
		// Two addresses of one function make two stacks: they are one to us.
		id := fmt.Sprint(n.PID, n.Frames)
		if known := together[id]; known != nil {
			known.Samples += samples
			continue
		}
		together[id] = &n
	}
	if err := entries.Err(); err != nil {
		return nil, 0, fmt.Errorf("read stacks: %w", err)
	}
	for _, n := range together {
		found = append(found, *n)
	}
	slices.SortFunc(found, func(a, b Stack) int {
		if a.Samples != b.Samples {
			return int(int64(b.Samples) - int64(a.Samples))
		}
		return slices.Compare(a.Frames, b.Frames)
	})
	for reason := range uint32(s.objects.Lost.MaxEntries()) {
		var n uint64
		if err := s.objects.Lost.Lookup(reason, &n); err != nil {
			return nil, 0, err
		}
		lost += n
	}
	return found, lost, nil
}

// Reset begins to count anew. What is found meanwhile may be lost.
func (s *Sampler) Reset() error {
	var keys []stacksStackKey
	var key stacksStackKey
	var samples uint64
	entries := s.objects.Samples.Iterate()
	for entries.Next(&key, &samples) {
		keys = append(keys, key)
	}
	if err := entries.Err(); err != nil {
		return fmt.Errorf("reset stacks: %w", err)
	}
	for _, k := range keys {
		if err := s.objects.Samples.Delete(k); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("reset stacks: %w", err)
		}
	}
	for reason := range s.objects.Lost.MaxEntries() {
		if err := s.objects.Lost.Put(reason, uint64(0)); err != nil {
			return fmt.Errorf("reset stacks: %w", err)
		}
	}
	return nil
}

// Program returns the program that takes stacks, for what it costs.
func (s *Sampler) Program() *ebpf.Program { return s.objects.Sample }

// Close stops.
func (s *Sampler) Close() {
	for _, fd := range s.events {
		_ = unix.Close(fd)
	}
	s.events = nil
	_ = s.objects.Close()
}

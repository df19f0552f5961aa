package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/guest/probe/report"
)

// placed reports on the running processes of a program, other than this one.
func placed(args []string) (any, error) {
	name := "probe"
	if len(args) > 0 {
		name = args[0]
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	all := []report.Process{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		p, err := process(pid, name)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // It has ended since.
		}
		if err != nil {
			return nil, err
		}
		if p != nil {
			all = append(all, *p)
		}
	}
	return all, nil
}

// process returns nil for a process of another program.
func process(pid int, name string) (*report.Process, error) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil, err
	}
	p := &report.Process{PID: pid, Args: strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")}
	if filepath.Base(p.Args[0]) != name {
		return nil, nil
	}
	if p.Threads, err = threads(pid); err != nil {
		return nil, err
	}
	ranges, err := mapped(pid)
	if err != nil {
		return nil, err
	}
	anonymous := report.Mapping{Name: report.Anonymous, Nodes: map[int]int{}}
	for _, r := range ranges {
		status, err := movePages(pid, r.from, int(r.to-r.from)/r.pageSize, r.pageSize)
		if err != nil {
			return nil, err
		}
		if r.name == report.Anonymous {
			anonymous.PageSize = r.pageSize
			count(status, anonymous.Nodes)
			continue
		}
		m := report.Mapping{Name: r.name, PageSize: r.pageSize, Nodes: map[int]int{}, Runs: runs(status)}
		count(status, m.Nodes)
		p.Mappings = append(p.Mappings, m)
	}
	if anonymous.PageSize > 0 {
		p.Mappings = append(p.Mappings, anonymous)
	}
	return p, nil
}

func count(status []int32, nodes map[int]int) {
	for _, s := range status {
		if s >= 0 {
			nodes[int(s)]++
		}
	}
}

func runs(status []int32) (all []report.Run) {
	for i, s := range status {
		if i == 0 || s != status[i-1] {
			all = append(all, report.Run{Node: int(s)})
		}
		all[len(all)-1].Pages++
	}
	return all
}

// span is a mapping that is reported.
type span struct {
	name     string
	inode    string
	from, to uintptr
	pageSize int
}

// mapped returns the memfds and the anonymous memory of a process, from smaps: a line
// with range and name for each mapping, and lines with its figures.
func mapped(pid int) ([]span, error) {
	smaps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		return nil, err
	}
	var all []span
	wanted := false
	for line := range strings.Lines(string(smaps)) {
		fields := strings.Fields(line)
		if key := fields[0]; strings.HasSuffix(key, ":") {
			if wanted && key == "KernelPageSize:" {
				kib, err := strconv.Atoi(fields[1])
				if err != nil {
					return nil, fmt.Errorf("smaps of process %d: %w", pid, err)
				}
				all[len(all)-1].pageSize = kib << 10
			}
			continue
		}
		var s span
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &s.from, &s.to); err != nil {
			return nil, fmt.Errorf("smaps of process %d: %q: %w", pid, line, err)
		}
		wanted = true
		inode, name := fields[4], strings.Join(fields[min(5, len(fields)):], " ")
		switch {
		case strings.HasPrefix(name, "/memfd:"):
			s.name = name
		// The Go runtime gives its memory no name, or "[anon: Go: heap]" and the
		// like where the kernel keeps such names.
		case inode == "0" && fields[1] == "rw-p" && (name == "" || strings.HasPrefix(name, "[anon: Go")):
			s.name = report.Anonymous
		default:
			wanted = false
		}
		if !wanted {
			continue
		}
		s.inode = inode
		// A policy for a part splits a mapping in two; it is one to its user.
		if last := len(all) - 1; last >= 0 && all[last].inode == inode && all[last].name == s.name && all[last].to == s.from {
			all[last].to = s.to
		} else {
			all = append(all, s)
		}
	}
	return all, nil
}

// threads counts the threads of a process by the CPUs they may run on.
func threads(pid int) (map[string]int, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, task := range tasks {
		status, err := os.ReadFile(filepath.Join(dir, task.Name(), "status"))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // It has ended since.
		}
		if err != nil {
			return nil, err
		}
		_, rest, ok := bytes.Cut(status, []byte("Cpus_allowed_list:"))
		if !ok {
			return nil, fmt.Errorf("thread %s has no list of CPUs", task.Name())
		}
		cpus, _, _ := strings.Cut(string(rest), "\n")
		count[strings.TrimSpace(cpus)]++
	}
	return count, nil
}

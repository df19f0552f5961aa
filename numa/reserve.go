package numa

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Reserve adds 2 MiB hugepages to the pool of a Linux node. It is for tests
// and for the demo: an administrator reserves them once, at boot. release gives
// them back; it may be called more than once.
//
// Callers in several processes do not undo each other's: each adds and takes
// away its own number under a lock on the pool's file. When the node has too
// little contiguous memory nothing is kept and the ErrShortage says how many
// there were.
func Reserve(node, pages int) (release func() error, err error) {
	return reserveIn("/sys", node, pages)
}

func reserveIn(sys string, node, pages int) (release func() error, err error) {
	purpose := fmt.Sprintf("reserve %d hugepages of 2 MiB on node %d", pages, node)
	if pages < 1 {
		return nil, fmt.Errorf("numa: %s: %w: want at least one", purpose, ErrRange)
	}
	dir, err := reserveDir(sys, node)
	if err != nil {
		return nil, fmt.Errorf("numa: %s: %w", purpose, err)
	}
	if room, known := roomFor(sys, node); known && pages > room {
		return nil, fmt.Errorf("numa: %s: %w: wanted %d, room for %d (%s each, part of the node's free memory is left to the rest of the machine); free memory on the node, or ask for fewer",
			purpose, ErrShortage, pages, room, formatBytes(HugePageSize))
	}
	got, err := growPool(dir, pages)
	if err != nil {
		return nil, poolError(purpose, dir, node, pages, err)
	}
	giveBack := func() error {
		if _, err := growPool(dir, -got); err != nil {
			return poolError(fmt.Sprintf("give back %d hugepages of node %d", got, node), dir, node, pages, err)
		}
		return nil
	}
	if got < pages {
		return nil, errors.Join(fmt.Errorf("numa: %s: %w: wanted %d, got %d; free memory on the node, or reserve at boot with hugepages=%d before memory is fragmented",
			purpose, ErrShortage, pages, got, pages), giveBack())
	}
	return sync.OnceValue(giveBack), nil
}

// roomFor gives how many hugepages a node can spare: Linux would take whatever
// there is, and leave programs to the OOM killer. An eighth of what is free or
// holds cached files stays.
func roomFor(sys string, node int) (pages int, known bool) {
	text, err := sysfs{os.DirFS(sys)}.text(sysfs{}.nodeFile(node, "meminfo"))
	if err != nil {
		return 0, false
	}
	free, known := meminfo(text, "MemFree")
	active, _ := meminfo(text, "Active(file)")
	inactive, _ := meminfo(text, "Inactive(file)")
	spare := free + active + inactive
	return int((spare - spare/8) / HugePageSize), known
}

// reserveDir is the directory of a node's 2 MiB pool. A kernel without NUMA
// has the machine's only.
func reserveDir(sys string, node int) (string, error) {
	dir := fmt.Sprintf("%s/%s/node%d/hugepages/hugepages-2048kB", sys, nodeDir, node)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	nodes := sysfs{os.DirFS(sys)}.numbered(nodeDir, "node")
	machine := sys + "/" + machinePoolDir + "/hugepages-2048kB"
	if _, err := os.Stat(machine); err != nil {
		return "", fmt.Errorf("%w: no pool of 2 MiB hugepages under %s", ErrNotSupported, filepath.Dir(machine))
	}
	if len(nodes) == 0 && node == 0 {
		return machine, nil
	}
	return "", fmt.Errorf("%w: there is no node %d with hugepages; nodes are %s", ErrNode, node, FormatList(nodes))
}

// growPool changes the number of reserved pages by delta and gives how many
// that really added or took away.
func growPool(dir string, delta int) (int, error) {
	file, err := os.OpenFile(filepath.Join(dir, totalHugepages), os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer file.Close() // releases the lock too
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return 0, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	before, err := reservedPages(dir, file)
	if err != nil {
		return 0, err
	}
	// A failure to write is judged by what the pool holds afterwards. Linux
	// stops early when a signal is pending, as the Go runtime sends them to
	// itself: it is told again, until that moves nothing any more.
	want := max(0, before+delta)
	after, writeErr := before, error(nil)
	for vain := 0; vain < 3 && after != want; vain++ {
		_, writeErr = file.WriteAt([]byte(strconv.Itoa(want)+"\n"), 0)
		now, err := reservedPages(dir, file)
		if err != nil {
			return 0, err
		}
		if now != after {
			after, vain = now, 0
		}
	}
	if after == before && writeErr != nil {
		return 0, writeErr
	}
	return after - before, nil
}

// reservedPages is the number that writing to nr_hugepages sets: reading it
// gives the surplus pages on top (kernel mm/hugetlb.c).
func reservedPages(dir string, total *os.File) (int, error) {
	data := make([]byte, 32)
	n, err := total.ReadAt(data, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.TrimSpace(string(data[:n])))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", total.Name(), err)
	}
	surplus, err := sysfs{os.DirFS(dir)}.number(surplusHugepages)
	if err != nil {
		return 0, err
	}
	return pages - surplus, nil
}

func poolError(purpose, dir string, node, pages int, err error) error {
	e := &CallError{Purpose: purpose, Call: "write " + filepath.Join(dir, totalHugepages), Found: err.Error()}
	var errno unix.Errno
	if errors.As(err, &errno) {
		e.Errno, e.Found = errno, ""
	}
	switch errno {
	case unix.EACCES, unix.EPERM, unix.EROFS:
		e.Kind = ErrPermission
		e.Remedy = "only root may, and not in a container: " + reserveCommand(strconv.Itoa(node), strconv.Itoa(pages))
	}
	return e.explain()
}

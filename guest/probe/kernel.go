package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// getcpu asks the kernel where the calling thread runs.
func getcpu() (cpu, node int, err error) {
	var c, n uint32
	_, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&c)), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, 0, fmt.Errorf("getcpu: %w", errno)
	}
	return int(c), int(n), nil
}

// nodesOf asks the kernel for the node of every page of a range of this
// process, and counts.
func nodesOf(mem []byte, pageSize int) (map[int]int, error) {
	status, err := movePages(0, uintptr(unsafe.Pointer(&mem[0])), len(mem)/pageSize, pageSize)
	if err != nil {
		return nil, err
	}
	count := map[int]int{}
	for _, s := range status {
		count[int(s)]++
	}
	return count, nil
}

// movePages asks the kernel for the nodes of pages in a row of a process, or of
// this one when pid is 0 (move_pages without nodes to move to).
func movePages(pid int, address uintptr, n, pageSize int) ([]int32, error) {
	pages, status := make([]uintptr, n), make([]int32, n)
	for i := range pages {
		pages[i] = address + uintptr(i*pageSize)
	}
	_, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, uintptr(pid), uintptr(n),
		uintptr(unsafe.Pointer(&pages[0])), 0, uintptr(unsafe.Pointer(&status[0])), 0)
	if errno != 0 {
		return nil, fmt.Errorf("move_pages of process %d: %w", pid, errno)
	}
	return status, nil
}

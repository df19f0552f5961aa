package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

type mount struct {
	fstype, at, data string
	// optional file systems may be missing from the kernel: what needs them
	// finds out, and the host is told.
	optional bool
}

var mounts = []mount{
	{fstype: "proc", at: "/proc"},
	{fstype: "sysfs", at: "/sys"},
	{fstype: "devtmpfs", at: "/dev"},
	{fstype: "devpts", at: "/dev/pts", optional: true},
	{fstype: "tmpfs", at: "/dev/shm", data: "mode=1777"},
	{fstype: "tmpfs", at: "/tmp", data: "mode=1777"},
	{fstype: "tmpfs", at: "/run", data: "mode=0755"},
	{fstype: "hugetlbfs", at: "/dev/hugepages", data: "pagesize=2M", optional: true},
	{fstype: "tracefs", at: "/sys/kernel/tracing", optional: true},
	{fstype: "bpf", at: "/sys/fs/bpf", optional: true},
	{fstype: "cgroup2", at: "/sys/fs/cgroup", optional: true},
}

// mountAll mounts what a Linux process expects to find, and returns the names
// of what this kernel does not have.
func mountAll() (missing []string, err error) {
	for _, m := range mounts {
		err := os.MkdirAll(m.at, 0o755)
		if err == nil {
			err = unix.Mount(m.fstype, m.at, m.fstype, 0, m.data)
		}
		switch {
		case err == nil:
		case m.optional:
			missing = append(missing, fmt.Sprintf("%s: %v", m.fstype, err))
		default:
			return missing, fmt.Errorf("mount %s on %s: %w", m.fstype, m.at, err)
		}
	}
	return missing, nil
}

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/guest/probe/report"
	"github.com/nrkern/nrkern/numa"
)

func topology([]string) (any, error) { return numa.Discover() }

// memoryNodes are the Linux nodes that have memory.
func memoryNodes() ([]int, error) {
	return list("/sys/devices/system/node/has_memory")
}

// onOwnThread runs f on a thread of its own, which ends with it.
func onOwnThread[T any](f func() (T, error)) (T, error) {
	var v T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread is spoilt
		v, err = f()
	}()
	<-done
	return v, err
}

func pins([]string) (any, error) {
	t, err := numa.Discover()
	if err != nil {
		return nil, err
	}
	var all []report.Pin
	for _, n := range t.Nodes {
		for _, cpu := range n.Cores {
			pin, err := onOwnThread(func() (p report.Pin, err error) {
				p.Asked = cpu
				if err := numa.Pin(cpu); err != nil {
					return p, err
				}
				p.NumaCPU = numa.CurrentCPU()
				p.CPU, p.Node, err = getcpu()
				return p, err
			})
			if err != nil {
				return nil, err
			}
			all = append(all, pin)
		}
	}
	return all, nil
}

// stripes binds a part of a shared mapping to each node that has memory: of
// hugepages, as the segment is made, and of ordinary pages.
func stripes([]string) (any, error) {
	var all []report.Stripe
	for _, k := range []struct{ flags, pageSize, pages int }{
		{unix.MFD_HUGETLB | unix.MFD_HUGE_2MB, numa.HugePageSize, 4},
		{0, os.Getpagesize(), 1024},
	} {
		s, err := striped(k.flags, k.pageSize, k.pages)
		if err != nil {
			return nil, fmt.Errorf("pages of %d bytes: %w", k.pageSize, err)
		}
		all = append(all, s...)
	}
	return all, nil
}

func striped(flags, pageSize, pages int) (all []report.Stripe, err error) {
	nodes, err := memoryNodes()
	if err != nil {
		return nil, err
	}
	mem, err := bound("stripes", flags, pages*pageSize, nodes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unix.Munmap(mem)) }()
	for i, node := range nodes {
		part := mem[i*pages*pageSize:][:pages*pageSize]
		before, err := poolFree(node)
		if err != nil {
			return nil, err
		}
		if err := numa.Populate(part); err != nil {
			return nil, err
		}
		after, err := poolFree(node)
		if err != nil {
			return nil, err
		}
		s := report.Stripe{PageSize: pageSize, Asked: node, PoolUsed: before - after}
		if s.Nodes, err = nodesOf(part, pageSize); err != nil {
			return nil, err
		}
		p, err := numa.PagesByNode(part, pageSize)
		if err != nil {
			return nil, err
		}
		s.NumaNodes = p.ByNode
		all = append(all, s)
	}
	return all, nil
}

// bound maps a memfd with a part for each node, bound to it and still empty.
func bound(name string, flags, partSize int, nodes []int) ([]byte, error) {
	fd, err := unix.MemfdCreate(name, flags)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, int64(partSize*len(nodes))); err != nil {
		return nil, fmt.Errorf("ftruncate: %w", err)
	}
	mem, err := unix.Mmap(fd, 0, partSize*len(nodes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	for i, node := range nodes {
		if err := numa.BindRange(mem[i*partSize:][:partSize], numa.BindTo(node)); err != nil {
			return nil, errors.Join(err, unix.Munmap(mem))
		}
	}
	return mem, nil
}

func poolFree(node int) (int, error) {
	return number(filepath.Join("/sys/devices/system/node", fmt.Sprintf("node%d", node), "hugepages/hugepages-2048kB/free_hugepages"))
}

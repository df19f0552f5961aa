package numa

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func mapped(t *testing.T, size, prot, flags int) []byte {
	t.Helper()
	mem, err := unix.Mmap(-1, 0, size, prot, flags|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	return mem
}

const readWrite = unix.PROT_READ | unix.PROT_WRITE

func TestPlaceAnonymous(t *testing.T) {
	node := needNUMA(t)
	const page, pages = 4096, placementChunk + 100 // more than one call's worth
	for _, test := range []struct {
		name  string
		flags int
	}{{"private", unix.MAP_PRIVATE}, {"shared", unix.MAP_SHARED}} {
		t.Run(test.name, func(t *testing.T) {
			mem := mapped(t, pages*page, readWrite, test.flags)
			if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil {
				t.Fatal(err)
			}
			where, err := PagesByNode(mem, page)
			if err != nil || where.Absent != pages || where.Present() != 0 {
				t.Fatalf("before it is touched: %v, %v; want %d absent", where, err, pages)
			}
			if err := where.Check(node); !errors.Is(err, ErrPlacement) || !strings.Contains(err.Error(), "4196 absent") {
				t.Errorf("Check of absent pages: %v", err)
			}
			if err := BindRange(mem, BindTo(node)); err != nil {
				t.Fatal(err)
			}
			mem[5*page] = 7
			where, err = PagesByNode(mem, page)
			if err != nil || where.ByNode[node] < 1 || where.Absent < 1 {
				t.Fatalf("after one touch: %v, %v", where, err)
			}
			if err := Populate(mem); err != nil {
				t.Fatal(err)
			}
			where, err = PagesByNode(mem, page)
			if err != nil || where.Check(node) != nil || where.ByNode[node] != pages {
				t.Fatalf("after Populate: %v, %v; want %d on node %d", where, err, pages, node)
			}
			if mem[5*page] != 7 {
				t.Error("Populate changed what was there")
			}
			if err := where.Check(node + 1); !errors.Is(err, ErrPlacement) || !strings.Contains(err.Error(), "4196 on node") {
				t.Errorf("Check of the wrong node: %v", err)
			}
			// Binding what is there already moves it or leaves it.
			if err := BindRange(mem, BindTo(node)); err != nil {
				t.Errorf("bind again: %v", err)
			}
		})
	}
}

func TestThreadPolicyPlaces(t *testing.T) {
	node := needNUMA(t)
	mem := mapped(t, 64<<10, readWrite, unix.MAP_PRIVATE)
	onThread(func() {
		if err := SetPolicy(BindTo(node)); err != nil {
			t.Error(err)
		}
		if err := Populate(mem); err != nil {
			t.Error(err)
		}
	})
	if where, err := PagesByNode(mem, 4096); err != nil || where.Check(node) != nil {
		t.Errorf("pages are %v, %v", where, err)
	}
}

// hugeMemfd maps a shared hugetlb memfd; the sealed segment is made like it.
func hugeMemfd(t *testing.T, size, flags, mapFlags int) []byte {
	t.Helper()
	fd, err := unix.MemfdCreate("numa-test", unix.MFD_CLOEXEC|unix.MFD_HUGETLB|flags)
	if err != nil {
		t.Skipf("no hugetlb memfd: %v", err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		t.Fatal(err)
	}
	mem, err := unix.Mmap(fd, 0, size, readWrite, unix.MAP_SHARED|mapFlags)
	if err != nil {
		t.Skipf("map %s of hugepages: %v", formatBytes(uint64(size)), err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	return mem
}

func TestPlaceHugepages(t *testing.T) {
	node := needNUMA(t)
	const pages = 3
	release, err := Reserve(node, pages)
	if err != nil {
		if errors.Is(err, ErrPermission) || errors.Is(err, ErrShortage) || errors.Is(err, ErrNotSupported) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
	mem := hugeMemfd(t, pages*HugePageSize, unix.MFD_HUGE_2MB, 0)
	if err := BindRange(mem, BindTo(node)); err != nil {
		t.Fatal(err)
	}
	if err := Populate(mem); err != nil {
		t.Fatal(err)
	}
	where, err := PagesByNode(mem, HugePageSize)
	if err != nil || where.Check(node) != nil || where.ByNode[node] != pages {
		t.Errorf("pages are %v, %v; want %d on node %d", where, err, pages, node)
	}
	// Each hugepage is 512 ordinary ones, in the same place.
	if where, err := PagesByNode(mem, 4096); err != nil || where.ByNode[node] != pages*512 {
		t.Errorf("by ordinary pages: %v, %v; want %d", where, err, pages*512)
	}
	// Half a hugepage cannot have a policy of its own.
	err = BindRange(mem[4096:], Policy{Mode: Preferred, Nodes: []int{node}})
	if !errors.Is(err, ErrRange) || !strings.Contains(err.Error(), "hugepage") {
		t.Errorf("BindRange inside a hugepage: %v; want ErrRange", err)
	}
}

// Without a reservation, mmap succeeds on an empty pool and a touch would raise
// SIGBUS. The pool of 1 GiB pages is empty on most machines.
func TestPopulateShortage(t *testing.T) {
	pools, err := Pools()
	if err != nil {
		t.Skip(err)
	}
	for _, p := range pools {
		if p.PageSize == 1<<30 && p.Free > 0 {
			t.Skip("there are free hugepages of 1 GiB, too many to use up")
		}
	}
	mem := hugeMemfd(t, 1<<30, unix.MFD_HUGE_1GB, unix.MAP_NORESERVE)
	err = Populate(mem)
	if !errors.Is(err, ErrShortage) || !errors.Is(err, unix.EFAULT) {
		t.Fatalf("Populate of an empty pool: %v; want ErrShortage and EFAULT", err)
	}
	for _, want := range []string{"populate 1 GiB of memory", "(EFAULT)", "node 0 has 0 of 0 hugepages of 1 GiB free", "/sys/devices/system/node/nodeN/hugepages"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

func TestRangesRefused(t *testing.T) {
	node := needNUMA(t)
	mem := mapped(t, 64<<10, readWrite, unix.MAP_PRIVATE)
	readOnly := mapped(t, 64<<10, unix.PROT_READ, unix.MAP_PRIVATE)
	for _, test := range []struct {
		name string
		err  error
		kind error
		want string
	}{
		{"bind nothing", BindRange(nil, BindTo(node)), ErrRange, "empty"},
		{"populate nothing", Populate(nil), ErrRange, "empty"},
		{"bind to an unknown node", BindRange(mem, BindTo(1000)), ErrNode, "put 64 KiB of memory by policy: bind to node 1000: mbind: invalid argument (EINVAL)"},
		{"bind a misaligned range", BindRange(mem[100:], BindTo(node)), ErrRange, "start and end on a page boundary"},
		{"bind by no node", BindRange(mem, BindTo()), ErrNode, "at least one"},
		{"populate a misaligned range", Populate(mem[100:]), ErrRange, "page boundary"},
		{"populate what is read only", Populate(readOnly), ErrRange, "writable"},
		{"look up by odd pages", second(PagesByNode(mem, 5000)), ErrRange, "page size 5000"},
		{"look up by small pages", second(PagesByNode(mem, 1024)), ErrRange, "page size 1024"},
		{"look up by no pages", second(PagesByNode(mem, 0)), ErrRange, "page size 0"},
		{"look up a misaligned range", second(PagesByNode(mem[100:], 4096)), ErrRange, "not a multiple"},
	} {
		if !errors.Is(test.err, test.kind) || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%s: %v; want %v with %q", test.name, test.err, test.kind, test.want)
		}
	}
	if where, err := PagesByNode(nil, 4096); err != nil || where.Present() != 0 || where.String() != "no pages" {
		t.Errorf("PagesByNode of nothing: %v, %v", where, err)
	}
}

func second[T any](_ T, err error) error { return err }

package numa

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestReadPools(t *testing.T) {
	sys := machine(t, "intel-2-socket",
		"node/node1/hugepages/hugepages-2048kB/free_hugepages = 1000",
		"node/node1/hugepages/hugepages-2048kB/surplus_hugepages = 2",
		"node/node1/hugepages/other/nr_hugepages = 5",
		"node/node1/hugepages/hugepages-xkB/nr_hugepages = 5")
	got, err := ReadPools(sys)
	want := []Pool{
		{Node: 0, PageSize: 2 << 20, Total: 1024, Free: 1024},
		{Node: 0, PageSize: 1 << 30},
		{Node: 1, PageSize: 2 << 20, Total: 1024, Free: 1000, Surplus: 2},
		{Node: 1, PageSize: 1 << 30},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// A kernel without NUMA has one pool for the machine.
func TestReadPoolsWithoutNodes(t *testing.T) {
	sys := fstest.MapFS{}
	for name, text := range map[string]string{"nr_hugepages": "7", "free_hugepages": "6", "surplus_hugepages": "0", "resv_hugepages": "4"} {
		sys["kernel/mm/hugepages/hugepages-2048kB/"+name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	got, err := ReadPools(sys)
	if diff := cmp.Diff([]Pool{{PageSize: 2 << 20, Total: 7, Free: 6}}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if n, err := readPromised(sys, HugePageSize); err != nil || n != 4 {
		t.Errorf("promised %d, %v; want 4", n, err)
	}
	if _, err := readPromised(sys, 1<<30); !errors.Is(err, ErrNotSupported) {
		t.Errorf("promised of a size that is not there: %v", err)
	}
}

func TestReadPoolsRefuses(t *testing.T) {
	if _, err := ReadPools(fstest.MapFS{}); !errors.Is(err, ErrNotSupported) || !strings.Contains(err.Error(), "--hugepages=off") {
		t.Errorf("without pools: %v", err)
	}
	sys := machine(t, "laptop", "node/node0/hugepages/hugepages-2048kB/free_hugepages = some")
	if _, err := ReadPools(sys); err == nil || !strings.Contains(err.Error(), `free_hugepages holds "some"`) {
		t.Errorf("damaged pool: %v", err)
	}
}

func TestPools(t *testing.T) {
	pools, err := Pools()
	if err != nil {
		t.Skip(err)
	}
	for _, p := range pools {
		if p.Free > p.Total || p.Surplus > p.Total {
			t.Errorf("pool %+v", p)
		}
	}
	if _, err := Promised(HugePageSize); err != nil {
		t.Error(err)
	}
}

// The machine's own pool: others may change it meanwhile, so only bounds hold.
func TestReserve(t *testing.T) {
	node := needNUMA(t)
	release, err := Reserve(node, 2)
	if err != nil {
		if errors.Is(err, ErrPermission) || errors.Is(err, ErrShortage) || errors.Is(err, ErrNotSupported) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	pools, err := Pools()
	if err != nil {
		t.Error(err)
	}
	for _, p := range pools {
		if p.Node == node && p.PageSize == HugePageSize && p.Total < 2 {
			t.Errorf("2 pages reserved, pool is %+v", p)
		}
	}
	for range 2 { // the second time does nothing
		if err := release(); err != nil {
			t.Error(err)
		}
	}
}

func TestReserveRefuses(t *testing.T) {
	for _, test := range []struct {
		name        string
		node, pages int
		kind        error
		want        string
	}{
		{"none", 0, 0, ErrRange, "at least one"},
		{"too many", 0, 1 << 40, ErrShortage, "wanted 1099511627776, room for"},
		{"an unknown node", 1000, 1, ErrNode, "there is no node 1000 with hugepages; nodes are 0"},
	} {
		release, err := Reserve(test.node, test.pages)
		if errors.Is(err, ErrNotSupported) {
			t.Skip(err)
		}
		if release != nil || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %v with %q", test.name, err, test.kind, test.want)
		}
	}
}

// poolDir lays out a pool as files, where the arithmetic can be seen apart from
// what else happens to the machine's.
func poolDir(t *testing.T, total, surplus string) (sys, dir string) {
	t.Helper()
	sys = t.TempDir()
	dir = filepath.Join(sys, machinePoolDir, "hugepages-2048kB")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{totalHugepages: total, surplusHugepages: surplus} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return sys, dir
}

func poolTotal(t *testing.T, dir string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, totalHugepages))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func TestReservePutsBack(t *testing.T) {
	sys, dir := poolDir(t, "10", "0")
	first, err := reserveIn(sys, 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	second, err := reserveIn(sys, 0, 30)
	if err != nil {
		t.Fatal(err)
	}
	if got := poolTotal(t, dir); got != "60" {
		t.Errorf("pool of 10 and 20 and 30 is %s", got)
	}
	// In any order, and once each.
	for _, release := range []func() error{first, first, second, second} {
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	if got := poolTotal(t, dir); got != "10" {
		t.Errorf("after release: %s; want 10", got)
	}
}

func TestReserveAtOnce(t *testing.T) {
	sys, dir := poolDir(t, "10", "0")
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 50 {
				release, err := reserveIn(sys, 0, 1+i)
				if err != nil {
					t.Error(err)
					return
				}
				if err := release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := poolTotal(t, dir); got != "10" {
		t.Errorf("after all released: %s; want 10", got)
	}
}

// Surplus pages show in the number read but do not belong in the one written.
func TestReservedPagesLeaveOutSurplus(t *testing.T) {
	_, dir := poolDir(t, "50", "10")
	total, err := os.Open(filepath.Join(dir, totalHugepages))
	if err != nil {
		t.Fatal(err)
	}
	defer total.Close()
	if got, err := reservedPages(dir, total); err != nil || got != 40 {
		t.Errorf("50 pages, 10 of them surplus: %d, %v; want 40", got, err)
	}
}

func TestReserveUnwritable(t *testing.T) {
	sys, dir := poolDir(t, "10", "0")
	path := filepath.Join(dir, totalHugepages)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if release, err := reserveIn(sys, 0, 5); release != nil || !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v; want ENOENT with the file", err)
	}
}

func TestPoolErrorSaysHow(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EACCES, unix.EPERM, unix.EROFS} {
		err := poolError("reserve 8 hugepages", "/sys/x", 1, 8, &os.PathError{Op: "open", Path: "/sys/x", Err: errno})
		want := "as root: echo 8 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"
		if !errors.Is(err, ErrPermission) || !errors.Is(err, errno) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want ErrPermission with the command", err)
		}
	}
}

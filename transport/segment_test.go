package transport

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/numa"
)

// thisNode is a Linux node with memory.
func thisNode(t *testing.T) int {
	t.Helper()
	if n := numa.CurrentNode(); n >= 0 {
		return n
	}
	t.Skip("the kernel does not say on which node we run")
	return 0
}

// sampleLayout has parts on two nodes of the runtime, and one spread over them.
func sampleLayout() *Layout {
	var l Layout
	l.Add("near", 0, 100)
	l.Add("far", 1, 3<<20)
	l.Add("spread", Interleaved, 5<<20)
	l.Add("words", 1, 4096)
	return &l
}

// checkSegment opens a created segment again, and compares contents and parts
// both ways.
func checkSegment(t *testing.T, s *Segment, memory []int) {
	t.Helper()
	fd, err := unix.FcntlInt(uintptr(s.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !slices.Equal(again.Parts(), s.Parts()) || again.Size() != s.Size() || again.PageSize() != s.PageSize() {
		t.Errorf("opened %+v, %d bytes, pages of %d; created %+v, %d, %d", again.Parts(), again.Size(), again.PageSize(), s.Parts(), s.Size(), s.PageSize())
	}
	for _, p := range s.Parts() {
		a, err := Slice[byte](s, p.Name, 0, int(p.Size))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Slice[byte](again, p.Name, 0, int(p.Size))
		if err != nil {
			t.Fatal(err)
		}
		if a[0] != 0 || a[len(a)-1] != 0 {
			t.Errorf("part %q is not zeroed", p.Name)
		}
		a[0], b[len(b)-1] = 1, 2
		if b[0] != 1 || a[len(a)-1] != 2 {
			t.Errorf("part %q is not shared", p.Name)
		}
		at, err := s.PagesOf(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		if err := at.Check(p.WantedNodes(memory)...); err != nil || at.Present() == 0 {
			t.Errorf("part %q: %v: %v", p.Name, at, err)
		}
	}
	for name, change := range map[string]error{
		"shrink": unix.Ftruncate(s.FD(), int64(s.Size())-hugePageSize),
		"grow":   unix.Ftruncate(s.FD(), int64(s.Size())+hugePageSize),
	} {
		if !errors.Is(change, unix.EPERM) {
			t.Errorf("%s: %v, want EPERM: the segment is not sealed", name, change)
		}
	}
}

func TestSegmentOrdinaryPages(t *testing.T) {
	node := thisNode(t)
	s, err := Create(sampleLayout(), Options{Hugepages: HugepagesOff, Memory: []int{node, node}})
	if err != nil {
		t.Fatal(err)
	}
	if s.PageSize() != 4096 {
		t.Errorf("pages of %d bytes", s.PageSize())
	}
	checkSegment(t, s, []int{node, node})
	fd := s.FD()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := unix.Ftruncate(fd, 0); !errors.Is(err, unix.EBADF) {
		t.Errorf("the descriptor is still open: %v", err)
	}
}

// TestSegmentHugepages reserves what it needs. Other tests of this machine may
// take those pages, so it tries again before it fails.
func TestSegmentHugepages(t *testing.T) {
	node := thisNode(t)
	for _, h := range []Hugepages{HugepagesRequire, HugepagesPrefer} {
		var s *Segment
		var warned string
		for try := 0; s == nil || s.PageSize() != numa.HugePageSize; try++ {
			if s != nil {
				s.Close()
			}
			if try == 4 {
				t.Fatalf("--hugepages=%s: no hugepages though some were reserved: %s", h, warned)
			}
			release, err := numa.Reserve(node, 12)
			if err != nil {
				t.Skipf("needs hugepages: %v", err)
			}
			defer func() {
				if err := release(); err != nil {
					t.Error(err)
				}
			}()
			warned = ""
			s, err = Create(sampleLayout(), Options{
				Hugepages: h, Memory: []int{node, node}, Warn: func(s string) { warned = s },
			})
			if err != nil && !errors.Is(err, ErrHugepages) {
				t.Fatal(err)
			}
		}
		defer s.Close() // before the pages are given back
		if warned != "" || s.Size()%numa.HugePageSize != 0 {
			t.Errorf("%d bytes, warned %q", s.Size(), warned)
		}
		checkSegment(t, s, []int{node, node})
	}
}

func TestHugepagesRequired(t *testing.T) {
	node := thisNode(t)
	const pages = 31 << 10 // nothing of it is populated
	if free, err := freePages(); err != nil || free[node] > pages/2 {
		t.Skipf("the node has %d free hugepages, which may be enough: %v", free[node], err)
	}
	var l Layout
	l.Add("large", 0, pages*numa.HugePageSize)
	s, err := Create(&l, Options{Hugepages: HugepagesRequire, Memory: []int{node}})
	var short *HugepagesError
	if s != nil || !errors.Is(err, ErrHugepages) || !errors.As(err, &short) {
		t.Fatalf("%v, want ErrHugepages", err)
	}
	if short.Wanted[node] != pages+1 || short.Free[node] > pages/2 {
		t.Errorf("wanted %v, free %v", short.Wanted, short.Free)
	}
}

func TestHugepagesPreferred(t *testing.T) {
	node := thisNode(t)
	for range 5 { // others may reserve pages in between
		free, err := freePages()
		if err != nil || free[node] > 256 {
			t.Skipf("a layout that needs more than %d pages is too large for a test: %v", free[node], err)
		}
		var l Layout
		l.Add("large", 0, int(free[node]+1)*numa.HugePageSize)
		var warnings []string
		s, err := Create(&l, Options{
			Hugepages: HugepagesPrefer, Memory: []int{node},
			Warn: func(s string) { warnings = append(warnings, s) },
		})
		if err != nil {
			t.Fatal(err)
		}
		onHugepages := s.PageSize() == numa.HugePageSize
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if onHugepages {
			continue
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], "ordinary pages") || !strings.Contains(warnings[0], "wanted") {
			t.Errorf("warnings %q, want one that says what is missing", warnings)
		}
		return
	}
	t.Error("never fell back")
}

func TestHugepagesError(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   HugepagesError
		want  []string
		wants error
	}{
		{
			"too few on one of two",
			HugepagesError{Wanted: map[int]uint64{0: 5, 3: 7}, Free: map[int]uint64{0: 5, 3: 2}},
			[]string{"node 3: 7 wanted, 2 free", "echo $(( $(cat /sys/devices/system/node/node3/hugepages/hugepages-2048kB/nr_hugepages) + 5 )) > ", "--hugepages=off"},
			ErrHugepages,
		},
		{
			"promised to another",
			HugepagesError{Wanted: map[int]uint64{0: 5}, Free: map[int]uint64{0: 6}, Cause: unix.ENOMEM},
			[]string{"node 0: 5 wanted, 6 free", "+ 5 ))", "cannot allocate memory"},
			unix.ENOMEM,
		},
		{
			"not known",
			HugepagesError{Wanted: map[int]uint64{0: 5}, Cause: numa.ErrNotSupported},
			[]string{"node 0: 5 wanted, free not known"},
			numa.ErrNotSupported,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, want := range test.want {
				if !strings.Contains(test.err.Error(), want) {
					t.Errorf("%q does not say %q", test.err.Error(), want)
				}
			}
			if !errors.Is(&test.err, ErrHugepages) || !errors.Is(&test.err, test.wants) {
				t.Errorf("%v does not wrap ErrHugepages and %v", &test.err, test.wants)
			}
		})
	}
	if s := (&HugepagesError{Wanted: map[int]uint64{0: 5, 3: 7}, Free: map[int]uint64{0: 5}}).Error(); strings.Contains(s, "node 0:") {
		t.Errorf("%q names a node that has enough", s)
	}
}

func TestParseHugepages(t *testing.T) {
	for _, s := range []string{"require", "prefer", "off"} {
		if h, err := ParseHugepages(s); err != nil || string(h) != s {
			t.Errorf("%q: %q, %v", s, h, err)
		}
	}
	for _, s := range []string{"", "on", "Require", "off "} {
		if _, err := ParseHugepages(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestBadLayouts(t *testing.T) {
	add := func(name string, home, size int) func(*Layout) {
		return func(l *Layout) { l.Add(name, home, size) }
	}
	for name, build := range map[string]func(*Layout){
		"a part twice":    func(l *Layout) { l.Add("a", 0, 1); l.Add("a", 0, 1) },
		"a bad home":      add("a", -2, 1),
		"no size":         add("a", 0, 0),
		"negative size":   add("a", 0, -1),
		"smallest size":   add("a", 0, math.MinInt),
		"too large":       add("a", 0, MaxSegment+1),
		"too large a sum": func(l *Layout) { l.Add("a", 0, MaxSegment/2); l.Add("b", 0, MaxSegment/2) },
		"no name":         add("", 0, 1),
		"a long name":     add(strings.Repeat("x", maxPartName+1), 0, 1),
		"a zero byte":     add("a\x00b", 0, 1),
		"too many parts": func(l *Layout) {
			for i := range maxParts + 1 {
				l.Add(strings.Repeat("x", 1+i%40)+string(rune('a'+i/40)), 0, 1)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var l Layout
			build(&l)
			if s, err := Local(&l); !errors.Is(err, ErrLayout) || s != nil {
				t.Errorf("Local: %v", err)
			}
			if s, err := Create(&l, Options{Hugepages: HugepagesOff, Memory: []int{0}}); !errors.Is(err, ErrLayout) || s != nil {
				t.Errorf("Create: %v", err)
			}
		})
	}
	t.Run("a home without memory", func(t *testing.T) {
		var l Layout
		l.Add("a", 1, 1)
		for _, memory := range [][]int{nil, {}, {0}} {
			if _, err := Create(&l, Options{Hugepages: HugepagesOff, Memory: memory}); !errors.Is(err, ErrLayout) {
				t.Errorf("memory %v: %v", memory, err)
			}
		}
		for _, h := range []Hugepages{HugepagesOff, HugepagesPrefer, HugepagesRequire} {
			if _, err := Create(new(Layout), Options{Hugepages: h}); !errors.Is(err, ErrLayout) {
				t.Errorf("an empty layout, --hugepages=%s and no memory: %v", h, err)
			}
		}
	})
	t.Run("a Linux node that is not there", func(t *testing.T) {
		if s, err := Create(new(Layout), Options{Hugepages: HugepagesOff, Memory: []int{999}}); err == nil {
			s.Close()
			t.Error("accepted")
		}
	})
}

// TestGoodLayouts are at the limits.
func TestGoodLayouts(t *testing.T) {
	node := thisNode(t)
	memory := []int{node, node, node}
	var l Layout
	l.Add(strings.Repeat("x", maxPartName), 0, 2)
	for i := range maxParts - 1 {
		l.Add(strings.Repeat("y", 1+i%40)+string(rune('a'+i/40)), i%3, 2)
	}
	s, err := Create(&l, Options{Hugepages: HugepagesOff, Memory: memory})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkSegment(t, s, memory)
}

// memfd returns a descriptor with the given content, sealed like a segment or
// not.
func memfd(t *testing.T, content []byte, size int64, seals int) int {
	t.Helper()
	fd, err := unix.MemfdCreate("nrkern-test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Ftruncate(fd, size); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Pwrite(fd, content, 0); err != nil && len(content) > 0 {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		t.Fatal(err)
	}
	return fd
}

// goodHeader is the header of a small segment, and the segment's size.
func goodHeader(t testing.TB) (*header, uint64) {
	t.Helper()
	parts, regions, err := sampleLayout().place()
	if err != nil {
		t.Fatal(err)
	}
	size := total(regions)
	s := newSegment(make([]byte, 0), -1, partAlign, parts)
	h := new(header)
	s.mem = unsafe.Slice((*byte)(unsafe.Pointer(h)), unsafe.Sizeof(*h))
	s.writeHeader()
	h.size = size
	return h, size
}

func bytesOf(h *header) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(h)), unsafe.Sizeof(*h)) }

func TestOpenDamaged(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(h *header)
		want   error
	}{
		"wrong magic":            {func(h *header) { h.magic++ }, ErrForeignSegment},
		"all zeros":              {func(h *header) { *h = header{} }, ErrForeignSegment},
		"an older layout":        {func(h *header) { h.version-- }, ErrLayoutVersion},
		"a newer layout":         {func(h *header) { h.version++ }, ErrLayoutVersion},
		"header says more":       {func(h *header) { h.size += hugePageSize }, ErrTruncated},
		"header says less":       {func(h *header) { h.size -= hugePageSize }, ErrTruncated},
		"pages of another size":  {func(h *header) { h.pageSize = 8192 }, ErrForeignSegment},
		"too many parts":         {func(h *header) { h.parts = maxParts + 1 }, ErrForeignSegment},
		"parts without a name":   {func(h *header) { h.parts++ }, ErrTruncated},
		"part past the end":      {func(h *header) { h.part[1].offset = h.size }, ErrTruncated},
		"part far past the end":  {func(h *header) { h.part[1].offset = math.MaxUint64 &^ (partAlign - 1) }, ErrTruncated},
		"part too long":          {func(h *header) { h.part[1].size = h.size - h.part[1].offset + 1 }, ErrTruncated},
		"part of all ones":       {func(h *header) { h.part[1].size = math.MaxUint64 }, ErrTruncated},
		"part without size":      {func(h *header) { h.part[1].size = 0 }, ErrTruncated},
		"part not aligned":       {func(h *header) { h.part[1].offset += 8 }, ErrTruncated},
		"part over the header":   {func(h *header) { h.part[1].offset = 0 }, ErrTruncated},
		"part at home nowhere":   {func(h *header) { h.part[1].home = -2 }, ErrForeignSegment},
		"part at home too far":   {func(h *header) { h.part[1].home = math.MaxInt64 }, ErrForeignSegment},
		"part called like other": {func(h *header) { h.part[1].name = h.part[0].name }, ErrForeignSegment},
		"name without end": {func(h *header) {
			copy(h.part[1].name[:], bytes.Repeat([]byte("x"), maxPartName+1))
		}, ErrForeignSegment},
	} {
		t.Run(name, func(t *testing.T) {
			h, size := goodHeader(t)
			test.damage(h)
			if s, err := Open(memfd(t, bytesOf(h), int64(size), segmentSeals)); !errors.Is(err, test.want) || s != nil {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
	t.Run("undamaged", func(t *testing.T) {
		h, size := goodHeader(t)
		fd, err := unix.Dup(memfd(t, bytesOf(h), int64(size), segmentSeals))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(fd)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("not sealed", func(t *testing.T) {
		h, size := goodHeader(t)
		for _, seals := range []int{0, unix.F_SEAL_GROW, unix.F_SEAL_SHRINK} {
			if _, err := Open(memfd(t, bytesOf(h), int64(size), seals)); !errors.Is(err, ErrForeignSegment) {
				t.Errorf("seals %#x: %v", seals, err)
			}
		}
	})
	t.Run("cut off in the header", func(t *testing.T) {
		h, _ := goodHeader(t)
		if _, err := Open(memfd(t, bytesOf(h)[:1000], 1000, segmentSeals)); !errors.Is(err, ErrForeignSegment) {
			t.Error(err)
		}
	})
	// Nothing of it may be populated: it would fill the machine's memory.
	t.Run("large and empty", func(t *testing.T) {
		fd := memfd(t, nil, MaxSegment, segmentSeals)
		if _, err := Open(fd); !errors.Is(err, ErrForeignSegment) {
			t.Error(err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Blocks > 8 {
			t.Errorf("%d blocks of it were filled, %v", st.Blocks, err)
		}
		if _, err := Open(memfd(t, nil, MaxSegment+hugePageSize, segmentSeals)); !errors.Is(err, ErrForeignSegment) {
			t.Error(err)
		}
	})
}

func TestOpenForeign(t *testing.T) {
	h, size := goodHeader(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, bytesOf(h), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(size)); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for name, fd := range map[string]int{"a file": int(file.Fd()), "a pipe": int(r.Fd()), "a folder": int(dir.Fd())} {
		if s, err := Open(fd); !errors.Is(err, ErrForeignSegment) || s != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(-1); !errors.Is(err, unix.EBADF) {
		t.Errorf("no descriptor: %v", err)
	}
}

// FuzzReadHeader reads arbitrary headers; whatever it accepts must hold views
// that stay inside.
func FuzzReadHeader(f *testing.F) {
	h, size := goodHeader(f)
	f.Add(bytes.Clone(bytesOf(h)), size)
	f.Add([]byte{}, uint64(0))
	f.Add(bytes.Clone(bytesOf(h))[:48], size)
	f.Fuzz(func(t *testing.T, data []byte, size uint64) {
		var h header
		copy(bytesOf(&h), data)
		parts, err := readHeader(&h, size)
		if err != nil {
			for _, known := range []error{ErrForeignSegment, ErrLayoutVersion, ErrTruncated} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("an unknown error: %v", err)
		}
		for _, p := range parts {
			if p.Size == 0 || p.Offset+p.Size > size || p.Offset+p.Size < p.Offset || p.Offset < uint64(unsafe.Sizeof(h)) {
				t.Fatalf("accepted part %+v of %d bytes", p, size)
			}
			if end := alignUp(p.Offset+p.Size, h.pageSize); end > size {
				t.Fatalf("the pages of part %+v end at %d of %d", p, end, size)
			}
		}
	})
}

func TestLocal(t *testing.T) {
	s, err := Local(sampleLayout())
	if err != nil {
		t.Fatal(err)
	}
	if s.FD() != -1 || s.Close() != nil {
		t.Error("a local segment has a descriptor")
	}
	for _, p := range s.Parts() {
		b, err := Slice[byte](s, p.Name, 0, int(p.Size))
		if err != nil {
			t.Fatal(err)
		}
		if at := uintptr(unsafe.Pointer(&b[0])); at%partAlign != 0 {
			t.Errorf("part %q is at %#x", p.Name, at)
		}
		for i := range b {
			if b[i] != 0 {
				t.Fatalf("part %q is not zeroed, or overlaps another", p.Name)
			}
			b[i] = 1
		}
	}
	if _, err := s.Part("none"); !errors.Is(err, ErrNoPart) {
		t.Error(err)
	}
	if _, err := s.PagesOf("none"); !errors.Is(err, ErrNoPart) {
		t.Error(err)
	}
	if at, err := s.PagesOf("far"); err != nil || at.Present() == 0 {
		t.Errorf("%v, %v", at, err)
	}
}

package machines

import (
	"strings"
	"testing"
)

const smaps = `c000000000-c000400000 rw-p 00000000 00:00 0                              [anon: Go: heap]
Size:               4096 kB
KernelPageSize:        4 kB
Rss:                 300 kB
Private_Clean:        20 kB
Private_Dirty:       280 kB
Private_Hugetlb:       0 kB
VmFlags: rd wr mr mw me ac sd
7f1000000000-7f1000400000 rw-s 00000000 00:01 1024                       /memfd:nrkern (deleted)
Size:               4096 kB
Rss:                   0 kB
Shared_Hugetlb:     4096 kB
Private_Hugetlb:       0 kB
Private_Dirty:         0 kB
`

// TestParseMemory: the segment and what is private are told apart.
func TestParseMemory(t *testing.T) {
	got, err := parseMemory(strings.NewReader(smaps))
	if want := (Memory{Segment: 4096 << 10, Resident: 4096 << 10, Private: 300 << 10}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := parseMemory(strings.NewReader("Rss: many kB\n")); err == nil {
		t.Error("a word was taken for a number")
	}
}

package guest

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type cpioEntry struct {
	Mode uint32
	Data string
}

// unpack reads an archive by the format's rules, written apart from archive.
func unpack(t interface{ Fatalf(string, ...any) }, b []byte) (map[string]cpioEntry, []string) {
	entries := map[string]cpioEntry{}
	var order []string
	at := 0
	for {
		if at%4 != 0 || at+110 > len(b) || string(b[at:at+6]) != "070701" {
			t.Fatalf("no header at %d of %d", at, len(b))
		}
		field := func(i int) int {
			n, err := strconv.ParseUint(string(b[at+6+8*i:at+14+8*i]), 16, 32)
			if err != nil {
				t.Fatalf("field %d of the header at %d: %v", i, at, err)
			}
			return int(n)
		}
		nameEnd := at + 110 + field(11)
		name := string(b[at+110 : nameEnd-1])
		if b[nameEnd-1] != 0 {
			t.Fatalf("the name at %d does not end with 0", at)
		}
		data := (nameEnd + 3) &^ 3
		end := data + field(6)
		if name == "TRAILER!!!" {
			return entries, order
		}
		entries[name] = cpioEntry{uint32(field(1)), string(b[data:end])}
		order = append(order, name)
		at = (end + 3) &^ 3
	}
}

func TestArchiveHoldsTheFilesAndTheirParents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Names of folders and files differ, so that no file is a parent.
		folder := rapid.StringMatching(`(/[a-c]{1,3}){0,3}`)
		file := rapid.StringMatching(`/F[a-z.]{0,5}`)
		content := map[string]string{}
		for range rapid.IntRange(0, 10).Draw(t, "files") {
			content[folder.Draw(t, "folder")+file.Draw(t, "file")] = rapid.String().Draw(t, "data")
		}
		var files []File
		want := map[string]cpioEntry{}
		for p, data := range content {
			files = append(files, File{Path: p, Mode: 0o640, Data: []byte(data)})
			want[p[1:]] = cpioEntry{0o100640, data}
			for i, c := range p {
				if c == '/' && i > 0 {
					want[p[1:i]] = cpioEntry{0o040755, ""}
				}
			}
		}
		b, err := archive(files)
		if err != nil {
			t.Fatal(err)
		}
		got, order := unpack(t, b)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
		if len(order) != len(got) {
			t.Fatalf("an entry comes twice: %q", order)
		}
		for i, name := range order {
			if j := strings.LastIndexByte(name, '/'); j > 0 && !slices.Contains(order[:i], name[:j]) {
				t.Fatalf("%q comes before its folder: %q", name, order)
			}
		}
	})
}

func TestArchiveRefusesBadFiles(t *testing.T) {
	cases := map[string][]File{
		"relative":      {{Path: "bin/a"}},
		"empty":         {{}},
		"root":          {{Path: "/"}},
		"not clean":     {{Path: "/a/../b"}},
		"a slash after": {{Path: "/a/"}},
		"zero byte":     {{Path: "/a\x00b"}},
		"a link's mode": {{Path: "/a", Mode: fs.ModeSymlink | 0o777}},
		"twice":         {{Path: "/a"}, {Path: "/a"}},
		"file as folder": {
			{Path: "/a"},
			{Path: "/a/b"},
		},
		"folder as file": {{Path: "/a/b"}, {Path: "/a"}},
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			if _, err := archive(cases[name]); !errors.Is(err, ErrFile) {
				t.Errorf("got %v, want ErrFile", err)
			}
		})
	}
}

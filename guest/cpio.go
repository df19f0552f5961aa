package guest

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// ErrFile is wrapped by the errors for a File that cannot be in a guest.
var ErrFile = errors.New("bad guest file")

// Types of an entry, in the upper bits of its mode.
const (
	cpioFolder = 0o040000
	cpioFile   = 0o100000
)

// archive returns the files as an initial RAM disk: a cpio archive in the
// format that Linux calls "newc" (Documentation/driver-api/early-userspace/
// buffer-format.rst), not compressed, since emulated CPUs unpack slowly. Each
// entry is a header of 110 characters, the name and the content, the latter
// two padded to 4 bytes; parents come before what is in them.
func archive(files []File) ([]byte, error) {
	var b bytes.Buffer
	inode := 0
	seen := map[string]string{"/": "folder"}
	entry := func(name string, mode uint32, data []byte) {
		inode++
		// Owner, group, time and device numbers are 0; one link.
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
		b.WriteString(name)
		b.WriteByte(0)
		pad(&b, 4)
		b.Write(data)
		pad(&b, 4)
	}
	for _, f := range files {
		if !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "/" || strings.ContainsRune(f.Path, 0) {
			return nil, fmt.Errorf("%w: path %q is not absolute and clean", ErrFile, f.Path)
		}
		if f.Mode != f.Mode.Perm() {
			return nil, fmt.Errorf("%w: %s has mode %v; permission bits only", ErrFile, f.Path, f.Mode)
		}
		if int64(len(f.Data)) > 1<<32-1 {
			return nil, fmt.Errorf("%w: %s has %d bytes; an archive holds less than 4 GiB of each", ErrFile, f.Path, len(f.Data))
		}
		var parents []string
		for p := path.Dir(f.Path); p != "/"; p = path.Dir(p) {
			parents = append(parents, p)
		}
		for _, p := range slices.Backward(parents) {
			switch seen[p] {
			case "":
				seen[p] = "folder"
				entry(p[1:], cpioFolder|0o755, nil)
			case "file":
				return nil, fmt.Errorf("%w: %s is below the file %s", ErrFile, f.Path, p)
			}
		}
		if was := seen[f.Path]; was != "" {
			return nil, fmt.Errorf("%w: %s is given twice (as a %s before)", ErrFile, f.Path, was)
		}
		seen[f.Path] = "file"
		entry(f.Path[1:], cpioFile|uint32(f.Mode), f.Data)
	}
	entry("TRAILER!!!", 0, nil)
	pad(&b, 512)
	return b.Bytes(), nil
}

// pad writes zeros up to the next multiple of n.
func pad(b *bytes.Buffer, n int) {
	b.Write(make([]byte, (n-b.Len()%n)%n))
}

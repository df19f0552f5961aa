package numa

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// sysfs reads the small text files of /sys, relative to its root.
type sysfs struct{ fs.FS }

// text gives a file's content without the space around it.
func (s sysfs) text(path string) (string, error) {
	data, err := fs.ReadFile(s.FS, path)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(data)), nil
}

func (s sysfs) number(path string) (int, error) {
	text, err := s.text(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s holds %s, not a number", path, shorten(text))
	}
	return int(n), nil
}

func (s sysfs) list(path string) ([]int, error) {
	text, err := s.text(path)
	if err != nil {
		return nil, err
	}
	list, err := ParseList(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// numbered gives the numbers N of the entries prefixN of a directory,
// ascending; none when the directory cannot be read.
func (s sysfs) numbered(dir, prefix string) []int {
	entries, err := fs.ReadDir(s.FS, dir)
	if err != nil {
		return nil
	}
	var list []int
	for _, e := range entries {
		rest, found := strings.CutPrefix(e.Name(), prefix)
		if !found {
			continue
		}
		if n, err := parseListNumber(rest); err == nil && strconv.Itoa(n) == rest {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

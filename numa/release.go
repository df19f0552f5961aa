package numa

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Release is the version of a Linux kernel.
type Release struct {
	Major int    `json:"major"`
	Minor int    `json:"minor"`
	Patch int    `json:"patch"`
	Text  string `json:"text"` // in full, "6.1.0-18-amd64"
}

// MinRelease is the oldest Linux that nrkern runs on: 5.14 brought
// MADV_POPULATE_WRITE, without which a node that is short of hugepages shows
// as SIGBUS in the middle of a run instead of an error at its start.
var MinRelease = Release{Major: 5, Minor: 14, Text: "5.14"}

// Kernel gives the version of the running Linux.
func Kernel() (Release, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return Release{}, fmt.Errorf("numa: read the kernel's version: uname: %w", err)
	}
	return ParseRelease(unix.ByteSliceToString(u.Release[:]))
}

// ParseRelease reads what uname -r prints: "6.18.44-fc-v657", "5.14.0",
// "6.1-rc3". Anything that does not start with two numbers is an
// ErrNotSupported.
func ParseRelease(s string) (Release, error) {
	r := Release{Text: s}
	rest := s
	for i, field := range []*int{&r.Major, &r.Minor, &r.Patch} {
		end := 0
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil {
			if i == 2 { // "6.1-rc3" and "6.1." have no patch level
				break
			}
			return Release{}, fmt.Errorf("numa: kernel version %s: %w: want MAJOR.MINOR[.PATCH]", shorten(s), ErrNotSupported)
		}
		*field = n
		dotted, found := strings.CutPrefix(rest[end:], ".")
		if !found {
			if i == 0 {
				return Release{}, fmt.Errorf("numa: kernel version %s: %w: want MAJOR.MINOR[.PATCH]", shorten(s), ErrNotSupported)
			}
			break
		}
		rest = dotted
	}
	return r, nil
}

// AtLeast compares major, minor and patch numbers.
func (r Release) AtLeast(other Release) bool {
	if r.Major != other.Major {
		return r.Major > other.Major
	}
	if r.Minor != other.Minor {
		return r.Minor > other.Minor
	}
	return r.Patch >= other.Patch
}

// Check gives an ErrNotSupported, with the reason, below MinRelease.
func (r Release) Check() error {
	if r.AtLeast(MinRelease) {
		return nil
	}
	return fmt.Errorf("numa: Linux %s: %w: nrkern needs %s or later, for madvise(MADV_POPULATE_WRITE), which finds a shortage of hugepages at start and not by SIGBUS in a run; upgrade the kernel",
		r.Text, ErrNotSupported, MinRelease.Text)
}

// String gives the version in full.
func (r Release) String() string { return r.Text }

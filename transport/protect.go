package transport

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Access is what a process may do with a stretch of its mapping of a segment.
type Access int

// The accesses.
const (
	NoAccess Access = iota
	ReadOnly
	ReadWrite
)

// String returns the access in words.
func (a Access) String() string { return [...]string{"none", "read", "read and write"}[a] }

// ErrProtect is the error of a stretch that cannot be protected by itself.
var ErrProtect = errors.New("cannot protect")

// Protect sets what this process may do with a stretch of a part, in its own
// mapping alone. Whoever does more gets SIGSEGV. The stretch must begin at a
// page of the segment, and it is taken to the end of its last page: what else is
// there is protected too, so parts that are to differ are laid out on pages of
// their own (see Layout.Align).
func (s *Segment) Protect(part string, offset, size int, a Access) error {
	p, err := s.Part(part)
	if err != nil {
		return err
	}
	from := p.Offset + uint64(offset)
	if offset < 0 || size <= 0 || uint64(offset)+uint64(size) > p.Size || from%uint64(s.pageSize) != 0 {
		return fmt.Errorf("%w: %d bytes at %d of part %q, which lies at %d of a segment with pages of %d bytes", ErrProtect, size, offset, part, p.Offset, s.pageSize)
	}
	if s.fd < 0 {
		return fmt.Errorf("%w: a segment inside one process", ErrProtect)
	}
	prot := unix.PROT_NONE
	switch a {
	case ReadOnly:
		prot = unix.PROT_READ
	case ReadWrite:
		prot = unix.PROT_READ | unix.PROT_WRITE
	}
	to := min(alignUp(from+uint64(size), uint64(s.pageSize)), uint64(len(s.mem)))
	if err := unix.Mprotect(s.mem[from:to], prot); err != nil {
		return fmt.Errorf("protect %d bytes of part %q: access %s: %w", to-from, part, a, err)
	}
	return nil
}

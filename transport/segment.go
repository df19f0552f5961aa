package transport

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LayoutVersion is the version of everything that is laid out in a segment:
// header, control words, slots, records. A binary refuses a segment of another
// version. TestLayoutVersion fails when a layout changes and this does not.
const LayoutVersion = 1

// segmentSeals fix the size of a segment, so that no access can fault.
const segmentSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

const segmentMagic = 0x31_4e_52_45_4b_52_4e_00 // the bytes "\0NRKERN1"

// Errors of Open.
var (
	ErrForeignSegment = errors.New("not an nrkern segment")
	ErrLayoutVersion  = errors.New("segment of another layout version")
	ErrTruncated      = errors.New("truncated segment")
)

// header is the start of a segment.
type header struct {
	magic, version uint64
	size, pageSize uint64
	parts          uint64
	part           [maxParts]partRecord
}

type partRecord struct {
	name         [maxPartName + 1]byte
	home         int64
	offset, size uint64
}

// Segment is the memory that the processes of a machine share, or, made by
// Local, the memory that the replicas of one process share.
type Segment struct {
	mem      []byte
	fd       int // -1 for a local segment
	pageSize int
	parts    map[string]Part
	order    []Part
}

// Local returns a segment in this process's heap: ordinary memory that the
// collector frees and never scans. It is zeroed and cannot be shared.
func Local(l *Layout) (*Segment, error) {
	parts, regions, err := l.place()
	if err != nil {
		return nil, err
	}
	size := total(regions)
	backing := make([]uint64, (size+partAlign)/8)
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&backing[0])), len(backing)*8)
	skip := -uintptr(unsafe.Pointer(&raw[0])) & (partAlign - 1)
	return newSegment(raw[skip:uint64(skip)+size], -1, partAlign, parts), nil
}

func total(regions []region) uint64 {
	last := regions[len(regions)-1]
	return last.start + last.size
}

func newSegment(mem []byte, fd, pageSize int, parts []Part) *Segment {
	s := &Segment{mem: mem, fd: fd, pageSize: pageSize, parts: make(map[string]Part, len(parts)), order: parts}
	for _, p := range parts {
		s.parts[p.Name] = p
	}
	return s
}

func (s *Segment) writeHeader() {
	h := (*header)(unsafe.Pointer(&s.mem[0]))
	h.version, h.size, h.pageSize, h.parts = LayoutVersion, uint64(len(s.mem)), uint64(s.pageSize), uint64(len(s.order))
	for i, p := range s.order {
		r := &h.part[i]
		copy(r.name[:], p.Name)
		r.home, r.offset, r.size = int64(p.Home), p.Offset, p.Size
	}
	h.magic = segmentMagic
}

// Open maps the segment behind a file descriptor that another process of the
// machine created, and checks all that it says of itself. The descriptor
// belongs to the segment from then on; after an error it is still the caller's.
func Open(fd int) (*Segment, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("open segment: descriptor %d: %w: was it inherited?", fd, err)
	}
	size := uint64(st.Size)
	if st.Mode&unix.S_IFMT != unix.S_IFREG || size < uint64(unsafe.Sizeof(header{})) {
		return nil, fmt.Errorf("open segment: %w: descriptor %d has %d bytes, the header alone %d", ErrForeignSegment, fd, size, unsafe.Sizeof(header{}))
	}
	if size > MaxSegment {
		return nil, fmt.Errorf("open segment: %w: %d bytes, at most %d are ever made", ErrForeignSegment, size, uint64(MaxSegment))
	}
	// Read before it is mapped: mapping populates, and a foreign file may be
	// large and sparse.
	var h header
	if err := readFull(fd, unsafe.Slice((*byte)(unsafe.Pointer(&h)), unsafe.Sizeof(h))); err != nil {
		return nil, fmt.Errorf("open segment: read the header: %w", err)
	}
	parts, err := readHeader(&h, size)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	if seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err != nil || seals&segmentSeals != segmentSeals {
		return nil, fmt.Errorf("open segment: %w: it is not sealed, so it could shrink under its readers", ErrForeignSegment)
	}
	mem, err := unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("open segment: map %d bytes: %w", size, err)
	}
	return newSegment(mem, fd, int(h.pageSize), parts), nil
}

func readFull(fd int, b []byte) error {
	for done := 0; done < len(b); {
		n, err := unix.Pread(fd, b[done:], int64(done))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("%w: it ends after %d of %d bytes", ErrTruncated, done, len(b))
		}
		done += max(n, 0)
	}
	return nil
}

// readHeader returns the parts that the header of a segment of a size names, or
// an error if anything in it would lead a view astray.
func readHeader(h *header, size uint64) ([]Part, error) {
	switch {
	case h.magic != segmentMagic:
		return nil, fmt.Errorf("%w: it begins with %#x, not %#x", ErrForeignSegment, h.magic, uint64(segmentMagic))
	case h.version != LayoutVersion:
		return nil, fmt.Errorf("%w: it has %d, this binary %d: start the machine and its kernels with one binary", ErrLayoutVersion, h.version, LayoutVersion)
	case h.size != size:
		return nil, fmt.Errorf("%w: it says %d bytes and has %d", ErrTruncated, h.size, size)
	case h.parts > maxParts || h.pageSize != partAlign && h.pageSize != hugePageSize || size%h.pageSize != 0:
		return nil, fmt.Errorf("%w: %d parts, %d bytes in pages of %d bytes", ErrForeignSegment, h.parts, size, h.pageSize)
	}
	parts := make([]Part, h.parts)
	names := make(map[string]bool, h.parts)
	for i := range parts {
		r := &h.part[i]
		cut, _, ended := bytes.Cut(r.name[:], []byte{0})
		name := string(cut)
		switch {
		case r.offset%partAlign != 0 || r.offset < uint64(unsafe.Sizeof(*h)) || r.size == 0 || r.offset > size || r.size > size-r.offset:
			return nil, fmt.Errorf("%w: part %q lies at %d+%d of %d bytes, %d of them the header", ErrTruncated, name, r.offset, r.size, size, unsafe.Sizeof(*h))
		case name == "" || !ended || names[name] || r.home < Interleaved || r.home > math.MaxInt32:
			return nil, fmt.Errorf("%w: part %d is called %q, is that name's second, or is at home on node %d", ErrForeignSegment, i, name, r.home)
		}
		names[name] = true
		parts[i] = Part{Name: name, Home: int(r.home), Offset: r.offset, Size: r.size}
	}
	return parts, nil
}

// Close unmaps the segment and closes its descriptor. No view of it may be
// used afterwards. When the last process has closed it or ended, its memory is
// free.
func (s *Segment) Close() error {
	if s.fd < 0 || s.mem == nil {
		return nil
	}
	err := errors.Join(unix.Munmap(s.mem), unix.Close(s.fd))
	s.mem = nil
	return err
}

// FD returns the descriptor to hand to a child process, or -1.
func (s *Segment) FD() int { return s.fd }

// Size returns the size of the segment in bytes.
func (s *Segment) Size() int { return len(s.mem) }

// PageSize returns the size of the pages behind the segment, in bytes.
func (s *Segment) PageSize() int { return s.pageSize }

// Parts returns the parts in the order they were added.
func (s *Segment) Parts() []Part { return s.order }

// Part returns the part of a name, or an error wrapping ErrNoPart.
func (s *Segment) Part(name string) (Part, error) {
	if p, ok := s.parts[name]; ok {
		return p, nil
	}
	return Part{}, fmt.Errorf("%w: %q", ErrNoPart, name)
}

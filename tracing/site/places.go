package site

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"
)

// Place is a site in the file of a program.
type Place struct {
	Description
	// Offset is where its NOP is, and Counter where its reference counter is, in
	// bytes from the start of the file.
	Offset  uint64 `json:"offset_bytes"`
	Counter uint64 `json:"counter_offset_bytes"`
}

// ErrPlaces is the error of a process that cannot tell where its sites are.
var ErrPlaces = errors.New("cannot find the probe sites in the program's file")

// nop is what a probe replaces; it comes soon after the entry of a stub.
var nop = []byte{0x0f, 0x1f, 0x44, 0x00, 0x00}

const stubLimit = 64

// Places returns where the sites are in the file of this process's program
// (/proc/self/exe).
func Places() ([]Place, error) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlaces, err)
	}
	mappings, err := fileMappings(maps)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlaces, err)
	}
	// The file and not the memory: there is no NOP where a probe is attached.
	program, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlaces, err)
	}
	defer func() { _ = program.Close() }()
	places := make([]Place, Count)
	for id, d := range Catalogue() {
		p := Place{Description: d}
		entry, ok := offsetOf(mappings, uintptr(entries[id]), 'x')
		if !ok {
			return nil, fmt.Errorf("%w: the code of %s is in no mapping of a file", ErrPlaces, d.Name)
		}
		var stub [stubLimit]byte
		if _, err := program.ReadAt(stub[:], int64(entry)); err != nil {
			return nil, fmt.Errorf("%w: the code of %s: %w", ErrPlaces, d.Name, err)
		}
		at := bytes.Index(stub[:], nop)
		if at < 0 {
			return nil, fmt.Errorf("%w: %s has no NOP", ErrPlaces, d.Name)
		}
		p.Offset = entry + uint64(at)
		if p.Counter, ok = offsetOf(mappings, uintptr(unsafe.Pointer(&guards.attached[id])), 'w'); !ok {
			return nil, fmt.Errorf("%w: the counter of %s is in no writable mapping of a file", ErrPlaces, d.Name)
		}
		places[id] = p
	}
	return places, nil
}

// mapping is a stretch of the address space that a file backs.
type mapping struct {
	from, to uintptr
	offset   uint64
	modes    string // as rw-p
}

// fileMappings reads /proc/self/maps, whose lines are
//
//	00400000-00593000 r-xp 00000000 fe:01 12345    /path/of/the/file
func fileMappings(maps []byte) ([]mapping, error) {
	var found []mapping
	lines := bufio.NewScanner(bytes.NewReader(maps))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || !strings.HasPrefix(fields[5], "/") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		offset, err3 := strconv.ParseUint(fields[2], 16, 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, fmt.Errorf("mapping %q: %w", lines.Text(), err)
		}
		found = append(found, mapping{uintptr(start), uintptr(end), offset, fields[1]})
	}
	return found, lines.Err()
}

// offsetOf returns where an address is in the file behind it, if it is in a
// mapping with a mode.
func offsetOf(mappings []mapping, address uintptr, mode byte) (uint64, bool) {
	for _, m := range mappings {
		if m.from <= address && address < m.to {
			return uint64(address-m.from) + m.offset, strings.IndexByte(m.modes, mode) >= 0
		}
	}
	return 0, false
}

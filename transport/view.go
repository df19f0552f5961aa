package transport

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// ErrView is the error of a view that does not fit its part.
var ErrView = errors.New("bad view of the segment")

// View returns the T at a byte offset of a part. It checks bounds, alignment,
// and that T holds no pointer; the result needs no further checks.
func View[T any](s *Segment, part string, offset int) (*T, error) {
	ts, err := Slice[T](s, part, offset, 1)
	if err != nil {
		return nil, err
	}
	return &ts[0], nil
}

// Slice returns n consecutive T at a byte offset of a part, checked like View.
func Slice[T any](s *Segment, part string, offset, n int) ([]T, error) {
	p, err := s.Part(part)
	if err != nil {
		return nil, err
	}
	t := reflect.TypeFor[T]()
	if err := pointerFree(t); err != nil {
		return nil, err
	}
	size := uint64(t.Size())
	switch {
	case size == 0:
		return nil, fmt.Errorf("%w: %v has no size", ErrView, t)
	case offset < 0 || n < 1 || uint64(offset) > p.Size || uint64(n) > (p.Size-uint64(offset))/size:
		return nil, fmt.Errorf("%w: %d x %v at byte %d does not fit part %q of %d bytes", ErrView, n, t, offset, part, p.Size)
	}
	at := unsafe.Pointer(&s.mem[p.Offset+uint64(offset)])
	if uintptr(at)%uintptr(t.Align()) != 0 {
		return nil, fmt.Errorf("%w: byte %d of part %q is not aligned for %v", ErrView, offset, part, t)
	}
	return unsafe.Slice((*T)(at), n), nil
}

// pointerFree returns an error if values of t hold pointers, which mean
// nothing in another process and which the collector would not see.
func pointerFree(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return nil
	case reflect.Array:
		return pointerFree(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if err := pointerFree(t.Field(i).Type); err != nil {
				return fmt.Errorf("%w (field %s of %v)", err, t.Field(i).Name, t)
			}
		}
		return nil
	default:
		return fmt.Errorf("%w: %v holds a pointer: name places by part and offset", ErrView, t)
	}
}

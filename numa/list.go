package numa

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// listMax bounds the numbers in a list. Linux on x86-64 has at most 8192 CPUs
// and 1024 nodes; the bound keeps a damaged file from asking for the memory of
// a billion.
const listMax = 1 << 16

// ParseList reads a list as sysfs and cpusets print them, "0-3,8-11", into
// ascending numbers without repetition. Space around it is ignored and an
// empty list is no numbers. Numbers are below 65536. A malformed list is an
// ErrList that names the part.
func ParseList(s string) ([]int, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return []int{}, nil
	}
	var list []int
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err := parseListNumber(low)
		if err != nil {
			return nil, fmt.Errorf("numa: list %s: part %q: %w: %w", shorten(s), part, ErrList, err)
		}
		last, err := parseListNumber(high)
		if err != nil {
			return nil, fmt.Errorf("numa: list %s: part %q: %w: %w", shorten(s), part, ErrList, err)
		}
		if last < first {
			return nil, fmt.Errorf("numa: list %s: part %q runs backwards: %w", shorten(s), part, ErrList)
		}
		// A list may repeat itself, but not so often that it costs memory.
		if len(list)+last-first >= 4*listMax {
			return nil, fmt.Errorf("numa: list %s repeats itself too often: %w", shorten(s), ErrList)
		}
		for n := first; n <= last; n++ {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// parseListNumber reads decimal digits alone: strconv would take signs.
func parseListNumber(s string) (int, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	n, err := strconv.Atoi(s)
	if err != nil || n >= listMax {
		return 0, fmt.Errorf("%q is not below %d", s, listMax)
	}
	return n, nil
}

// FormatList writes numbers as ParseList reads them: "0-3,8-11". Order and
// repetition do not matter; no numbers are "".
func FormatList(list []int) string {
	sorted := slices.Compact(slices.Sorted(slices.Values(list)))
	var b strings.Builder
	for i := 0; i < len(sorted); {
		j := i
		for j+1 < len(sorted) && sorted[j+1] == sorted[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(sorted[i]))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(sorted[j]))
		}
		i = j + 1
	}
	return b.String()
}

// shorten quotes text of unknown origin for an error.
func shorten(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + "..."
	}
	return strconv.Quote(s)
}

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// plural gives "1 node", "2 nodes", "3 copies".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// grouped writes a number with a comma every three digits.
func grouped[T ~int | ~int64 | ~uint64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// rate writes operations a second: "49.1 M".
func rate(perSecond float64) string {
	switch {
	case perSecond >= 1e6:
		return significant(perSecond/1e6) + " M"
	case perSecond >= 1e3:
		return significant(perSecond/1e3) + " k"
	}
	return significant(perSecond)
}

// significant writes three digits: 49.1, 7.25, 0.104.
func significant(v float64) string {
	switch {
	case v >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case v >= 0.9995 || v == 0:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// nanoseconds writes a latency with a unit that fits: "840 ns", "1.25 ms".
func nanoseconds(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%d ns", ns)
	case d < 10*time.Millisecond:
		return significant(float64(ns)/1e3) + " us"
	}
	return significant(float64(ns)/1e6) + " ms"
}

// bytesOf writes a size in binary units: "2 MiB".
func bytesOf(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	if v == float64(uint64(v)) {
		return fmt.Sprintf("%d %s", uint64(v), units[u])
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}

// perOperation writes a count per operation, or a dash where the structure has
// none.
func perOperation(v *float64) string {
	if v == nil {
		return "-"
	}
	return strconv.FormatFloat(*v, 'f', 3, 64)
}

package numa

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseList(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []int
	}{
		{"", nil},
		{"\n", nil},
		{"0", []int{0}},
		{"0-3,8-11\n", []int{0, 1, 2, 3, 8, 9, 10, 11}},
		{"5,1-2", []int{1, 2, 5}},
		{"1-3,2-4,4", []int{1, 2, 3, 4}},
		{"65535", []int{65535}},
	} {
		got, err := ParseList(test.in)
		if err != nil || got == nil || !slices.Equal(got, test.want) {
			t.Errorf("ParseList(%q) = %v, %v; want %v", test.in, got, err, test.want)
		}
	}
}

func TestParseListRefuses(t *testing.T) {
	for _, in := range []string{
		",", "0,", ",0", "0-", "-3", "3-1", "0--3", "a", "0x3", "+1", "1 2", "0-3:2/4", "65536", "0-4294967295",
		"99999999999999999999", "(null)", strings.Repeat("0-65535,", 100) + "0",
	} {
		if got, err := ParseList(in); !errors.Is(err, ErrList) {
			t.Errorf("ParseList(%q) = %v numbers, %v; want ErrList", in, len(got), err)
		}
	}
}

func TestListRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.IntRange(0, 300)).Draw(t, "list")
		got, err := ParseList(FormatList(list))
		if want := distinct(list); err != nil || !slices.Equal(got, want) {
			t.Fatalf("ParseList(%q) = %v, %v; want %v", FormatList(list), got, err, want)
		}
	})
}

func FuzzParseList(f *testing.F) {
	for _, seed := range []string{"", "0", "0-3,8-11", "3-1", "65535", "0-65535,0-65535", "1,,2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		list, err := ParseList(in)
		if err != nil {
			if !errors.Is(err, ErrList) || list != nil {
				t.Fatalf("ParseList(%q) = %v, %v", in, list, err)
			}
			return
		}
		for i, n := range list {
			if n < 0 || n >= listMax || i > 0 && list[i-1] >= n {
				t.Fatalf("ParseList(%q) has %d at %d", in, n, i)
			}
		}
		if again, err := ParseList(FormatList(list)); err != nil || !slices.Equal(again, list) {
			t.Fatalf("ParseList(%q) = %v, formatted and parsed %v, %v", in, list, again, err)
		}
	})
}

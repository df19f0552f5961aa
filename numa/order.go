package numa

import (
	"cmp"
	"slices"
)

// distinct gives the numbers ascending and once each.
func distinct(list []int) []int {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// coresFirst orders CPUs for pinning threads one after the other: one CPU of
// every core, then their second siblings, and so on. A CPU that repeats counts
// as a further sibling of its core.
func coresFirst(cpus []CPU) []int {
	type place struct{ rank, core, id int }
	sorted := slices.SortedFunc(slices.Values(cpus), func(a, b CPU) int {
		return cmp.Or(cmp.Compare(a.Core, b.Core), cmp.Compare(a.ID, b.ID))
	})
	var places []place
	taken := map[int]int{}
	for _, c := range sorted {
		places = append(places, place{taken[c.Core], c.Core, c.ID})
		taken[c.Core]++
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.core, b.core), cmp.Compare(a.id, b.id))
	})
	ids := make([]int, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	return ids
}

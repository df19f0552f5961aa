package nrkernel

import "testing"

// TestOwnSlots compares the ranges with a slot-by-slot account.
func TestOwnSlots(t *testing.T) {
	const capacity = 16
	for seed := uint64(1); seed < 200; seed++ {
		o, mine, random := newOwnSlots(capacity), [capacity]bool{}, seed
		for tail := uint64(0); tail < 2000; {
			random = random*6364136223846793005 + 1442695040888963407
			n, own := 1+random>>33%5, random>>40%3 != 0
			want := uint64(0)
			for i := tail; i < tail+n; i++ {
				if own && mine[i%capacity] {
					want++
				}
				mine[i%capacity] = own
			}
			if own {
				if got := o.reuse(tail, n, capacity); got != want {
					t.Fatalf("seed %d: slots %d to %d: %d were own, want %d", seed, tail, tail+n, got, want)
				}
			}
			tail += n
		}
	}
}

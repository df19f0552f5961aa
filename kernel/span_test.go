package kernel

import (
	"testing"

	"pgregory.net/rapid"
)

// TestShardSet compares with a map.
func TestShardSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (set ShardSet, model map[int]bool) {
			model = map[int]bool{}
			for _, shard := range rapid.SliceOf(rapid.IntRange(0, MaxShards-1)).Draw(t, name) {
				set.Add(shard)
				model[shard] = true
			}
			return set, model
		}
		a, inA := draw("a")
		b, inB := draw("b")
		union, meets := a, false
		union.Union(&b)
		for shard := range MaxShards {
			if a.Has(shard) != inA[shard] || b.Has(shard) != inB[shard] || union.Has(shard) != (inA[shard] || inB[shard]) {
				t.Fatalf("shard %d: %v, %v, union %v", shard, a, b, union)
			}
			meets = meets || inA[shard] && inB[shard]
		}
		if a.Meets(&b) != meets || b.Meets(&a) != meets {
			t.Fatalf("%v meets %v: want %v", a, b, meets)
		}
	})
	var all ShardSet
	if all.AddAll(3); all != (ShardSet{7}) {
		t.Errorf("shards 0 to 2: %v", all)
	}
}

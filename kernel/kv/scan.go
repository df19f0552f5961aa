package kv

import "github.com/nrkern/nrkern/kernel"

// scan answers the words of the lowest keys of a range. The table is in no
// order of keys, so it looks at every entry.
func (kv *KV) scan(from, to, limit uint64, res *kernel.Result) {
	if limit < 1 || limit > MaxPairs {
		res.Status = kernel.StatusInvalid
		return
	}
	var found lowest
	found.limit = int(limit)
	kv.table.each(func(h uint64, e *entry) {
		if key := unmix(h); key >= from && key <= to && e.tag&bytesFlag == 0 {
			found.add(Pair{key, e.value})
		}
	})
	found.answer(res)
}

// lowest keeps the pairs of the lowest keys that it was given, in order.
type lowest struct {
	pairs    [MaxPairs]Pair
	n, limit int
}

func (l *lowest) add(p Pair) {
	if l.n == l.limit {
		if p.Key > l.pairs[l.n-1].Key {
			return
		}
		l.n--
	}
	i := l.n
	for ; i > 0 && l.pairs[i-1].Key > p.Key; i-- {
		l.pairs[i] = l.pairs[i-1]
	}
	l.pairs[i] = p
	l.n++
}

func (l *lowest) answer(res *kernel.Result) {
	res.Value = uint64(l.n)
	res.Data = AppendPairs(res.Data[:0], l.pairs[:l.n]...)
}

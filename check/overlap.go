package check

import "math"

// overlaps counts the entries of one key, in order of calls, that were in
// progress at the same time as another, and as another client's. Open ones are
// in progress for ever.
func overlaps(entries []*Entry) (any, clients int) {
	n := len(entries)
	other := make([]int, n) // the next entry of another client
	for i := n - 1; i >= 0; i-- {
		other[i] = n
		if i+1 < n {
			other[i] = i + 1
			if entries[i+1].Client == entries[i].Client {
				other[i] = other[i+1]
			}
		}
	}
	// The latest return so far, and the latest of the other clients.
	var first, second struct {
		at     int64
		client int
	}
	first.at, second.at, first.client = math.MinInt64, math.MinInt64, -1
	for i, e := range entries {
		end := e.end()
		fromOthers := first.at
		if first.client == e.Client {
			fromOthers = second.at
		}
		if first.at >= e.Call || i+1 < n && entries[i+1].Call <= end {
			any++
		}
		if fromOthers >= e.Call || other[i] < n && entries[other[i]].Call <= end {
			clients++
		}
		switch {
		case end > first.at && first.client != e.Client:
			second = first
			first.at, first.client = end, e.Client
		case end > first.at:
			first.at = end
		case e.Client != first.client && end > second.at:
			second.at, second.client = end, e.Client
		}
	}
	return any, clients
}

// end returns when the entry was over.
func (e *Entry) end() int64 {
	if !e.Answered {
		return math.MaxInt64
	}
	return e.Return
}

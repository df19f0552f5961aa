package multikernel

// queue is a first-in first-out queue that keeps its memory: after it has
// grown to what the windows of the threads demand, it allocates no more.
type queue[T any] struct {
	items []T
	first int
}

func (q *queue[T]) len() int { return len(q.items) - q.first }

func (q *queue[T]) front() *T { return &q.items[q.first] }

// at returns the item that has so many before it.
func (q *queue[T]) at(i int) *T { return &q.items[q.first+i] }

func (q *queue[T]) push(v T) { q.items = append(q.items, v) }

func (q *queue[T]) pop() {
	q.first++
	switch {
	case q.first == len(q.items):
		q.items, q.first = q.items[:0], 0
	case q.first >= 1024 && q.first*2 >= len(q.items):
		q.items = q.items[:copy(q.items, q.items[q.first:])]
		q.first = 0
	}
}

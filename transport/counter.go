package transport

// Counter counts events of one thread, for others to read now and then. Its
// writer pays a plain add; readers may see it a moment late, never torn. It is
// no shared word in the sense of the simulator: no protocol reads it.
type Counter struct{ v uint64 }

// Add counts n more. Only the owning thread may call it.
func (c *Counter) Add(n uint64) {
	if counting {
		release(&c.v, c.v+n)
	}
}

// Load returns the count so far.
func (c *Counter) Load() uint64 { return loadCounter(&c.v) }

package transport

// Hook is a machine that stands in for the hardware: the simulator. Each
// method is one access to shared memory by the core that is running.
type Hook interface {
	Load(w *Word) uint64
	Store(w *Word, v uint64)
	Swap(w *Word, v uint64) uint64
	CompareAndSwap(w *Word, old, v uint64) bool
	// FenceHeavy drains the store buffers of all cores of the process, those that
	// run and those that do not, one after another.
	FenceHeavy()

	// Fill returns where the running core is to write the payload of s;
	// Publish makes that payload, then the header, visible.
	Fill(s *Slot) *Payload
	Publish(s *Slot, header uint64)
	// Read returns the payload of s as the running core sees it.
	Read(s *Slot) *Payload

	// Wait is called by a core that found nothing to do while w held seen. The
	// core need not run again before w changes.
	Wait(w *Word, seen uint64)
	// Sleep is Wait on the low half of a word, as a futex is: what changes in the
	// high half alone wakes nobody.
	Sleep(w *Word, low uint32)
	// Nap is Wait by a core that relies on its sleep to end by itself some time.
	Nap(w *Word, seen uint64)
	// Pause is called by a core that polls several words, between two polls.
	Pause()
}

// hook is what every shared access asks while hooked is set.
var hook Hook

// Simulated reports whether a Hook is installed.
func Simulated() bool { return hooked }

// These are out of line so that the methods of Word and Slot stay within the
// compiler's inlining budget.

//go:noinline
func hookLoad(w *Word) uint64 { return hook.Load(w) }

//go:noinline
func hookStore(w *Word, v uint64) { hook.Store(w, v) }

//go:noinline
func hookSwap(w *Word, v uint64) uint64 { return hook.Swap(w, v) }

//go:noinline
func hookCompareAndSwap(w *Word, old, v uint64) bool { return hook.CompareAndSwap(w, old, v) }

//go:noinline
func hookFenceHeavy() { hook.FenceHeavy() }

//go:noinline
func hookFill(s *Slot) *Payload { return hook.Fill(s) }

//go:noinline
func hookPublish(s *Slot, header uint64) { hook.Publish(s, header) }

//go:noinline
func hookRead(s *Slot) *Payload { return hook.Read(s) }

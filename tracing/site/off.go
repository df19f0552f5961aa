//go:build nrkern_nosite

package site

// On is false. A build with -tags nrkern_nosite has no sites, so that a benchmark
// can say what they cost. It is for that alone: nothing of it can be traced.
func On(ID) bool { return false }

//go:build nrkern_nosite

package site

// A build with -tags nrkern_nosite has no sites, so that a benchmark can say
// what they cost. It is for that alone: nothing of it can be traced.
func on(ID) bool { return false }

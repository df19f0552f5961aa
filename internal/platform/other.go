//go:build !(linux && amd64)

package platform

// nrkern places threads and memory with Linux system calls, and its shared
// words lean on the store order of x86 (x86-TSO), so neither another operating
// system nor another processor will do. The name below is deliberately not
// declared anywhere: it is the compiler's message to whoever tries.

var _ = nrkern_runs_on_linux_amd64_only

// Package platform fails to compile anywhere but on linux/amd64, with an error
// that says so. Without it the first complaint of such a build would be about
// some missing assembly function or system call, which tells a newcomer
// nothing.
//
// A package that needs the platform (system calls, x86-TSO, assembly) imports
// it for this effect, in a file without a build constraint:
//
//	import _ "github.com/nrkern/nrkern/internal/platform"
//
// The compiler builds dependencies first, so this error comes alone and first:
//
//	internal/platform/other.go:10:9: undefined: nrkern_runs_on_linux_amd64_only
//
// The package is empty on linux/amd64: it costs nothing and has no state.
package platform

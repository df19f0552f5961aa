package main

import (
	"context"
	"io"
	"os"

	"github.com/nrkern/nrkern/node"
)

// version is set when the binary is built: -ldflags '-X main.version=...'.
var version = "unknown"

func main() {
	node.KernelMain() // never returns in a kernel process
	os.Exit(command(os.Args[1:], os.Stdout, os.Stderr))
}

// command runs one command line and returns its exit status.
func command(args []string, stdout, stderr io.Writer) int {
	ctx, release := interruptible(context.Background())
	defer release()
	s := newSession(args, stdout, stderr)
	root := newRoot(s)
	root.SetArgs(markNumbers(args))
	err := root.ExecuteContext(ctx)
	return s.end(ctx, err)
}

package bench

import (
	"fmt"
	"os"
	"testing"

	"github.com/nrkern/nrkern/node"
)

// TestMain makes this binary a child of a session when it is started as one.
func TestMain(m *testing.M) {
	node.KernelMain()
	if was, err := Child(os.Args[1:]); was {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

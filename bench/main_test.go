package bench

import (
	"fmt"
	"os"
	"testing"
)

// TestMain makes this binary a child of a session when it is started as one.
func TestMain(m *testing.M) {
	if was, err := Child(os.Args[1:]); was {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

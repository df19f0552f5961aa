//go:build nrkern_mutants

package structures_test

import (
	"os"

	"github.com/nrkern/nrkern/internal/mutant"
)

// The mutant that TestProbeFindsLateCtail asks for.
func init() {
	if err := mutant.Select(os.Getenv("NRKERN_MUTANT")); err != nil {
		panic(err)
	}
}

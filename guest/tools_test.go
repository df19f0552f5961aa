package guest

import (
	"os"
	"testing"
)

// needGuest skips a test that boots a guest, with the reason, when guests are
// not asked for or cannot run here; with NRKERN_GUEST_REQUIRED=1 it fails
// instead.
func needGuest(t *testing.T) {
	t.Helper()
	required := os.Getenv("NRKERN_GUEST_REQUIRED") == "1"
	if !required && os.Getenv("NRKERN_GUEST") != "1" {
		t.Skip("guests are off by default: set NRKERN_GUEST=1")
	}
	if _, err := Find(); err != nil {
		if required {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

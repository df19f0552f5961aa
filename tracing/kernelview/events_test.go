package kernelview

import (
	"strings"
	"testing"
)

// TestMeaning: the way that knows only the threads there were says so.
func TestMeaning(t *testing.T) {
	for _, e := range events() {
		for _, w := range e.ways {
			partial := w.program == "threads_migrated"
			if got := e.by(w); !strings.HasPrefix(got, e.meaning) || (got != e.meaning) != partial {
				t.Errorf("%s by %s: %q", e.name, w, got)
			}
		}
	}
}

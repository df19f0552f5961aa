package report

import (
	"fmt"
	"io"

	"github.com/nrkern/nrkern/experiments/results"
)

// Page writes one self-contained page for folders.
func Page(w io.Writer, title string, folders []*results.Folder) error {
	_, err := fmt.Fprintln(w, title, len(folders))
	return err
}

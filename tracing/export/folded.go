package export

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/tracing"
)

// Folded writes stacks as flame-graph tools read them: a line each, the
// outermost function first. What was lost is a stack of its own, so that the
// graph shows its share.
func Folded(w io.Writer, stacks []tracing.Stack, lost uint64) error {
	for _, s := range stacks {
		frames := slices.Clone(s.Frames)
		slices.Reverse(frames)
		if _, err := fmt.Fprintf(w, "%s;%s %d\n", nodeName(s.Node), strings.Join(frames, ";"), s.Samples); err != nil {
			return err
		}
	}
	if lost == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "lost %d\n", lost)
	return err
}

func nodeName(n int) string {
	if n < 0 {
		return "all nodes"
	}
	return "node " + strconv.Itoa(n)
}

package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrByHand is the error of a page whose texts by hand cannot be kept.
var ErrByHand = errors.New("texts by hand")

// What encloses a text by hand in a Markdown page. Readers of the page do not
// see these lines.
const (
	handBegins = "<!-- by hand: "
	handCloses = " -->"
	handEnds   = "<!-- end -->"
)

// ByHand is the texts of a Markdown page that a person wrote, by the place they
// stand at. A page that is made anew keeps them.
type ByHand struct {
	texts map[string]string
	asked []string // places, in the order of the page
}

// ReadByHand finds the texts in a page.
func ReadByHand(page string) (*ByHand, error) {
	h := &ByHand{texts: map[string]string{}}
	place, text := "", []string{}
	for i, line := range strings.Split(page, "\n") {
		name, begins := strings.CutPrefix(line, handBegins)
		name, closed := strings.CutSuffix(name, handCloses)
		switch {
		case begins && (place != "" || !closed || name == ""):
			return nil, fmt.Errorf("%w: line %d: %q: want %sPLACE%s, and %s before the next", ErrByHand, i+1, line, handBegins, handCloses, handEnds)
		case begins:
			if _, twice := h.texts[name]; twice {
				return nil, fmt.Errorf("%w: line %d: there are two for %q: leave one", ErrByHand, i+1, name)
			}
			place, text = name, nil
		case line == handEnds && place == "":
			return nil, fmt.Errorf("%w: line %d: %s ends nothing", ErrByHand, i+1, handEnds)
		case line == handEnds:
			h.texts[place] = strings.TrimSpace(strings.Join(text, "\n"))
			place = ""
		case place != "":
			text = append(text, line)
		}
	}
	if place != "" {
		return nil, fmt.Errorf("%w: the one for %q has no %s", ErrByHand, place, handEnds)
	}
	return h, nil
}

// Has reports whether somebody wrote a text for a place.
func (h *ByHand) Has(place string) bool { return h.texts[place] != "" }

// At returns the text of a place, with the lines that enclose it. An empty one
// is a place to write.
func (h *ByHand) At(place string) string {
	h.asked = append(h.asked, place)
	return handBegins + place + handCloses + "\n" + h.texts[place] + "\n" + handEnds
}

// Lost names the texts that found no place in the page.
func (h *ByHand) Lost() []string {
	var lost []string
	for place, text := range h.texts {
		if text != "" && !slices.Contains(h.asked, place) {
			lost = append(lost, place)
		}
	}
	slices.Sort(lost)
	return lost
}

// Missing names the places that nobody has written for.
func (h *ByHand) Missing() []string {
	var missing []string
	for _, place := range h.asked {
		if !h.Has(place) {
			missing = append(missing, place)
		}
	}
	return missing
}

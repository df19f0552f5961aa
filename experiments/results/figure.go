package results

// Kind is how a figure is drawn.
type Kind string

// The kinds.
const (
	Lines Kind = "lines" // Y over X, a line a series
	Bars  Kind = "bars"  // Y by variant, a group for each value of X
	Heat  Kind = "heat"  // Value by X and Y, as colours
)

// Figure is one picture of a table. Every factor that is neither its X (or, of
// a heat map, Y) nor in At tells series apart.
type Figure struct {
	Name  string `json:"name"` // of its files: lower case, no blanks
	Title string `json:"title"`
	Kind  Kind   `json:"kind"`
	X     string `json:"x"` // factor
	// Y is a metric; of a heat map, a factor, or "variant".
	Y string `json:"y"`
	// Value is the metric of a heat map.
	Value string `json:"value,omitempty"`
	LogX  bool   `json:"log_x,omitempty"`
	LogY  bool   `json:"log_y,omitempty"`
	At    Where  `json:"at,omitempty"`
	// Also is of further points that the figure shows: one thread beside two, say.
	Also Where `json:"also,omitempty"`
	// Variants are those to show; nil for all.
	Variants []string `json:"variants,omitempty"`
}

package probe

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/nrkern/nrkern/tracing/site"
)

// Target is a process to trace.
type Target struct {
	// Node is the node whose threads it runs, -1 for all.
	Node int `json:"node"`
	PID  int `json:"pid"`
}

// Options say what to attach to.
type Options struct {
	Targets []Target
	// Places are the sites in the targets' program.
	Places []site.Place
	// Sites are the names of those to attach to; nil for all. The end of a pair
	// comes with its beginning.
	Sites []string
	// Emit sends every hit to Hits too.
	Emit bool
	// Follow keeps the calls that threads are in; see Doing.
	Follow bool
	// Values is how many counters of a thread are read at begin and end; see
	// Count.
	Values int
	// OneByOne attaches each probe by a link of its own, as on a Linux that has
	// no links for several.
	OneByOne bool
}

// MaxValues is the largest number of counters.
const MaxValues = 4

// maxThreads is how many threads can have counters; sites.c has the same.
const maxThreads = 4096

// ErrSite is the error of a site that the catalogue does not have.
var ErrSite = errors.New("no such probe site")

// Cookie fields; sites.c has the same.
const (
	cookieKeyed = 1 << 24
	cookieCall  = 1 << 25
)

// Tracer is what is attached.
type Tracer struct {
	objects  sitesObjects
	links    []link.Link // the ends of pairs first
	slots    []slot
	targets  []Target
	values   int
	multi    bool         // a link holds several probes
	threads  map[int]bool // tid
	counters *ebpf.Map
	next     uint32 // first free index of counters
}

// slot is a site in a target.
type slot struct {
	target int // index in targets, -1 for this process
	site.Description
}

// Attach attaches probes to sites of processes.
func Attach(o Options) (_ *Tracer, err error) {
	if o.Values < 0 || o.Values > MaxValues {
		return nil, fmt.Errorf("%d counters at a probe: at most %d", o.Values, MaxValues)
	}
	places, err := choose(o.Places, o.Sites)
	if err != nil {
		return nil, err
	}
	t := &Tracer{targets: o.Targets, values: o.Values, multi: !o.OneByOne && together(), threads: map[int]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	own, err := site.Places()
	if err != nil {
		return nil, err
	}
	own = slices.DeleteFunc(own, func(p site.Place) bool { return p.Pair != "empty" })
	if err := t.load(o, len(places)*len(o.Targets)+len(own)); err != nil {
		return nil, err
	}
	for _, target := range o.Targets {
		if err := t.attachAll(target.PID, slices.Index(o.Targets, target), places); err != nil {
			return nil, err
		}
	}
	if err := t.attachAll(os.Getpid(), -1, own); err != nil {
		return nil, err
	}
	return t, nil
}

// choose picks the named sites, and the others of their pairs.
func choose(places []site.Place, names []string) ([]site.Place, error) {
	pairs := map[string]bool{}
	for _, name := range names {
		i := slices.IndexFunc(places, func(p site.Place) bool { return p.Name == name || p.Pair == name })
		if i < 0 {
			return nil, fmt.Errorf("%w: %q", ErrSite, name)
		}
		pairs[places[i].Pair] = true
	}
	var chosen []site.Place
	for _, p := range places {
		if p.Pair != "empty" && (names == nil || pairs[p.Pair]) {
			chosen = append(chosen, p)
		}
	}
	return chosen, nil
}

func (t *Tracer) load(o Options, slots int) error {
	spec, err := loadSites()
	if err != nil {
		return err
	}
	spec.Maps["tallies"].MaxEntries = uint32(slots)
	emit, follow := uint32(0), uint32(0)
	if o.Follow {
		follow = 1
	}
	spec.Maps["hits"].MaxEntries = uint32(os.Getpagesize()) // the least that there can be
	if o.Emit {
		emit, spec.Maps["hits"].MaxEntries = 1, 1<<24 // 230,000 hits
	}
	if err := errors.Join(spec.Variables["emit"].Set(emit), spec.Variables["values"].Set(uint32(o.Values)), spec.Variables["follow"].Set(follow)); err != nil {
		return err
	}
	if t.counters, err = newCounterArray(maxThreads * MaxValues); err != nil {
		return err
	}
	for _, name := range []string{"begin", "end"} {
		if err := spec.Programs[name].Instructions.AssociateMap("counters", t.counters); err != nil {
			return err
		}
	}
	if t.multi {
		asMulti(spec)
	}
	if err := spec.LoadAndAssign(&t.objects, nil); err != nil {
		return explain("load the programs of the probe sites", err)
	}
	return nil
}

// explain words an error of loading or attaching, with all that the verifier
// said.
func explain(what string, err error) error {
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) {
		return fmt.Errorf("%s: %w\n%+v", what, err, verifier)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func pairNumbers(places []site.Place) map[string]uint64 {
	numbers := map[string]uint64{}
	for _, p := range places {
		if _, known := numbers[p.Pair]; !known {
			numbers[p.Pair] = uint64(len(numbers))
		}
	}
	return numbers
}

func (t *Tracer) program(r site.Role) *ebpf.Program {
	switch r {
	case site.Begin:
		return t.objects.Begin
	case site.End:
		return t.objects.End
	}
	return t.objects.Instant
}

// Doing returns the map of the calls that threads are in: from a thread's number to
// the AX of the call's begin, of several that of the one which began last. The
// tracer's to close.
func (t *Tracer) Doing() *ebpf.Map { return t.objects.Doing }

// Close takes the probes out, beginnings before ends, and frees all.
func (t *Tracer) Close() error {
	var errs []error
	for _, l := range slices.Backward(t.links) {
		errs = append(errs, l.Close())
	}
	t.links = nil
	if t.counters != nil {
		errs = append(errs, t.counters.Close())
		t.counters = nil
	}
	return errors.Join(append(errs, t.objects.Close())...)
}

package machines

import (
	"context"
	"strconv"
	"time"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/node"
)

// The variants of ByKeys.
const (
	OneLog   = "nr"
	FourLogs = "nr/4-logs"
)

// ByKeys returns the blocks of an experiment that does something to a machine of two
// kernels while it works: a block for each number of keys, with a machine of one log
// and one of four. Keys are the first factor of its readings, and the others those
// that take fills in.
func ByKeys(lab *experiment.Lab, take func(context.Context, *Machine) ([]experiment.Reading, error)) []experiment.Block {
	var all []experiment.Block
	for _, keys := range experiment.Few(lab, []uint64{50_000}, []uint64{50_000, 1_000_000}, []uint64{1_000, 50_000, 1_000_000, 4_000_000}) {
		all = append(all, experiment.Block{
			Name: strconv.FormatUint(keys, 10) + " keys",
			Open: func(ctx context.Context) ([]experiment.Point, func() error, error) {
				return withKeys(ctx, lab, keys, take)
			},
		})
	}
	return all
}

func withKeys(ctx context.Context, lab *experiment.Lab, keys uint64, take func(context.Context, *Machine) ([]experiment.Reading, error)) ([]experiment.Point, func() error, error) {
	several := node.DefaultConfig()
	several.Logs = 4
	set, err := Boot(ctx, lab, "2x1", []Variant{{Name: OneLog, Config: node.DefaultConfig()}, {Name: FourLogs, Config: several}})
	if err != nil {
		return nil, nil, err
	}
	var cells experiment.Point
	for _, m := range set {
		if err := Fill(ctx, m, lab, keys); err != nil {
			return nil, set.Close, err
		}
		cells = append(cells, experiment.Cell{
			Variant: m.Name, Factors: []string{strconv.FormatUint(keys, 10), "", "", ""}, CPUs: m.CPUs,
			Take: func(ctx context.Context, _ measure.Span) ([]experiment.Reading, error) { return take(ctx, m) },
		})
	}
	return []experiment.Point{cells}, set.Close, nil
}

// At waits until a time of a sample that began.
func At(ctx context.Context, began time.Time, when time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(when - time.Since(began)):
		return nil
	}
}

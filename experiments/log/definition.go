package log

import (
	"context"
	"errors"
	"strconv"

	"github.com/nrkern/nrkern/experiments/experiment"
	"github.com/nrkern/nrkern/experiments/results"
	"github.com/nrkern/nrkern/measure"
	"github.com/nrkern/nrkern/nrkernel"
)

// Definition returns the experiment.
func Definition() *experiment.Definition {
	lines := func(name, x, title string, at results.Where) results.Figure {
		return results.Figure{Name: name, Title: title, Kind: results.Lines, X: x, Y: "entries_per_s", LogX: true, At: at}
	}
	return &experiment.Definition{
		Name:   "log",
		Title:  "The operation log by itself",
		Claim:  "An append costs its reservation and its slots: a batch shares the one, a longer entry pays for the other, and the size of the log does not matter while every replica keeps up.",
		Source: "the log benchmark of the node-replication library (appends that do nothing, batches of 8); Calciu et al., ASPLOS'17, section 5.1",
		Method: "A log in a segment of its own, one or two replicas of a service that does nothing, a thread for each, pinned to its CPU, that appends a batch of operations, waits until all were applied and appends the next. Every replica replays what the others append. Varied one at a time, from a batch of 8 entries without data on the default log: the batch, the bytes of an entry, the slots of the log, the home of the slots.",
		Factors: []results.Column{
			{Name: "replicas", Label: "replicas"},
			{Name: "batch", Label: "entries of a batch"},
			{Name: "entry_bytes", Label: "bytes of data in an entry"},
			{Name: "log_slots", Label: "slots of the log"},
			{Name: "home", Label: "home of the slots"},
		},
		Metrics: []results.Column{
			{Name: "entries_per_s", Label: "entries a second"},
			{Name: "bytes_per_s", Label: "bytes of slots a second"},
			{Name: "handovers_per_entry", Label: "cache-line hand-overs an entry (observed: a lower bound)", Lower: true},
			{Name: "entries_per_reservation", Label: "entries a reservation"},
		},
		Figures: []results.Figure{
			lines("batch", "batch", "Entries of a batch", results.Where{"entry_bytes": "0", "log_slots": defaultSlots, "home": "0"}),
			lines("bytes", "entry_bytes", "Bytes of an entry", results.Where{"batch": "8", "log_slots": defaultSlots, "home": "0"}),
			lines("slots", "log_slots", "Slots of the log", results.Where{"batch": "8", "entry_bytes": "0", "home": "0"}),
			{Name: "home", Title: "Home of the log", Kind: results.Bars, X: "home", Y: "entries_per_s", At: results.Where{"batch": "8", "entry_bytes": "0", "log_slots": defaultSlots}},
		},
		Shapes: shapes(),
		Blocks: blocks,
	}
}

var defaultSlots = strconv.Itoa(nrkernel.DefaultLogSlots)

// points varies one thing at a time.
func points(lab *experiment.Lab) (all []point) {
	usual := point{batch: 8, slots: nrkernel.DefaultLogSlots}
	for _, replicas := range []int{1, 2} {
		if replicas > len(lab.CPUs) {
			continue
		}
		usual.replicas = replicas
		add := func(change func(*point)) {
			p := usual
			change(&p)
			for _, o := range all {
				if o == p {
					return
				}
			}
			all = append(all, p)
		}
		for _, v := range experiment.Few(lab, []int{1, 8}, []int{1, 8, 32}, []int{1, 2, 4, 8, 16, 32, 64}) {
			add(func(p *point) { p.batch = v })
		}
		for _, v := range experiment.Few(lab, []int{1008}, []int{0, 56, 1008}, []int{0, 56, 112, 224, 448, 1008}) {
			add(func(p *point) { p.bytes = v })
		}
		for _, v := range experiment.Few(lab, []int{1 << 10}, []int{1 << 10, 1 << 18}, []int{1 << 10, 1 << 12, 1 << 15, 1 << 18, 1 << 20}) {
			add(func(p *point) { p.slots = v })
		}
		for home := range min(replicas, len(lab.Topology.Nodes)) {
			add(func(p *point) { p.home = home })
		}
	}
	return all
}

func blocks(lab *experiment.Lab) ([]experiment.Block, error) {
	return []experiment.Block{{Name: "all", Open: func(context.Context) ([]experiment.Point, func() error, error) {
		var open []*appenders
		closeAll := func() error {
			var errs []error
			for _, a := range open {
				errs = append(errs, a.close())
			}
			return errors.Join(errs...)
		}
		// Points of two replicas and of one are taken in turn, like variants.
		cells := map[point]experiment.Point{}
		var order []point
		for _, p := range points(lab) {
			cpus := lab.Pair()[:p.replicas]
			a, err := newAppenders(p, memoryOf(lab, cpus))
			if err != nil {
				return nil, closeAll, err
			}
			open = append(open, a)
			alike := p
			alike.replicas = 0
			if cells[alike] == nil {
				order = append(order, alike)
			}
			cells[alike] = append(cells[alike], cell(a, cpus))
		}
		var all []experiment.Point
		for _, p := range order {
			all = append(all, cells[p])
		}
		return all, closeAll, nil
	}}}, nil
}

// memoryOf returns the Linux node of each CPU.
func memoryOf(lab *experiment.Lab, cpus []int) (nodes []int) {
	for _, id := range cpus {
		c, _ := lab.Topology.CPU(id)
		nodes = append(nodes, max(c.Node, 0))
	}
	return nodes
}

func cell(a *appenders, cpus []int) experiment.Cell {
	p := a.point
	factors := []string{strconv.Itoa(p.replicas), strconv.Itoa(p.batch), strconv.Itoa(p.bytes), strconv.Itoa(p.slots), strconv.Itoa(p.home)}
	var before nrTraffic
	return experiment.CrewCell("nr", factors, cpus, a.job(), func(r measure.Reading) map[string]float64 {
		now := nrTraffic(a.traffic())
		t := now.since(before)
		before = now
		rate := float64(r.Operations) / r.Elapsed.Seconds()
		return map[string]float64{
			"entries_per_s": rate, "bytes_per_s": rate * t.slotsPerEntry() * slotBytes,
			"handovers_per_entry": t.linesPerEntry(), "entries_per_reservation": t.perReservation(),
		}
	})
}

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/node"
)

// demoCheck is one thing that was checked of one machine, or of all.
type demoCheck struct {
	Name   string `json:"name"`
	Of     string `json:"of"`
	Passed bool   `json:"passed"`
	Text   string `json:"text"`
}

// crossingBase is where the keys begin that nodes write for each other: far
// from those of the load.
const crossingBase = 1 << 33

// verifyFresh checks, before any load, that what is written at one node is read
// at the others, and that the same writes lead to the same state everywhere.
func (d *demonstration) verifyFresh(ctx context.Context, r *demoReport, variants []*variant) error {
	for _, v := range variants {
		c := demoCheck{Name: "written_here_read_there", Of: v.name(), Passed: true}
		reads := 0
		for writer := range r.Nodes {
			key, value := strconv.Itoa(crossingBase+writer), strconv.Itoa(1000+writer)
			if _, err := callKV(ctx, v, writer, "put", key, value); err != nil {
				return err
			}
			for reader := range r.Nodes {
				a, err := callKV(ctx, v, reader, "get", key)
				if err != nil {
					return err
				}
				reads++
				if a.Status != kernel.StatusOK || a.Text != value {
					c.Passed = false
					c.Text = fmt.Sprintf("node %d wrote %s, node %d read %s", writer, value, reader, a.Text)
				}
			}
		}
		if c.Passed {
			c.Text = fmt.Sprintf("%d values, each written at one node and read at every node", r.Nodes)
		}
		r.Checks = append(r.Checks, c)
	}
	return d.verifySame(ctx, r, variants, "same_state_at_start")
}

func callKV(ctx context.Context, v *variant, at int, words ...string) (*node.SysAnswer, error) {
	a, err := v.machine.Sys(ctx, node.SysRequest{Node: at, Service: "kv", Words: words})
	if err != nil {
		return nil, fmt.Errorf("%s: kv %s at node %d: %w", v.name(), words[0], at, err)
	}
	return a, nil
}

// verifyEnd checks, after all load, that replicas are equal. Then it fills all
// keys anew, with the same values on each machine, and compares their states.
func (d *demonstration) verifyEnd(ctx context.Context, r *demoReport, variants []*variant) error {
	for _, v := range variants {
		if v.mode == node.ModeNR {
			found, err := compareReplicas(ctx, v.machine)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name(), err)
			}
			r.Checks = append(r.Checks, demoCheck{"replicas_equal", v.name(), found.Judgement == check.OK, found.Text})
		}
		// Only the prefill matters: no write follows it.
		if _, err := d.bench(ctx, v, d.spec(point{WriteRatio: 0, Window: 16}, 20*time.Millisecond)); err != nil {
			return err
		}
	}
	return d.verifySame(ctx, r, variants, "same_state_at_end")
}

// verifySame checks that all machines hold the same state. The digest of a
// state that is split over owners is the sum of theirs.
func (d *demonstration) verifySame(ctx context.Context, r *demoReport, variants []*variant, name string) error {
	c := demoCheck{Name: name, Of: "all", Passed: true}
	var first string
	for i, v := range variants {
		digest, err := digestOf(ctx, v)
		if err != nil {
			return err
		}
		if i == 0 {
			first = digest
		}
		if digest != first {
			c.Passed = false
			c.Text = fmt.Sprintf("after the same writes %s has digest %s, %s has %s", variants[0].name(), first, v.name(), digest)
		}
	}
	if c.Passed {
		c.Text = fmt.Sprintf("after the same writes all %d machines have digest %s", len(variants), first)
	}
	r.Checks = append(r.Checks, c)
	return nil
}

func digestOf(ctx context.Context, v *variant) (string, error) {
	status, err := v.machine.Status(ctx, node.StatusRequest{Digest: true})
	if err != nil {
		return "", fmt.Errorf("%s: %w", v.name(), err)
	}
	if v.mode != node.ModeMultikernel {
		return status.Kernels[0].Digest, nil
	}
	var sum uint64
	for _, k := range status.Kernels {
		n, err := strconv.ParseUint(k.Digest, 16, 64)
		if err != nil {
			return "", fmt.Errorf("%s: %s: digest %q: %w", v.name(), kernelName(k), k.Digest, err)
		}
		sum += n
	}
	return fmt.Sprintf("%016x", sum), nil
}

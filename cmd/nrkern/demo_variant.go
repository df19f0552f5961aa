package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/node"
)

// variant is a structure that takes part in the demonstration.
type variant struct {
	mode    node.Mode
	lock    string // of biglock, else empty
	machine *node.Machine
}

// name is what tables and JSON call it: nr, multikernel, biglock/mcs.
func (v *variant) name() string {
	if v.lock == "" {
		return string(v.mode)
	}
	return string(v.mode) + "/" + v.lock
}

// allVariants returns every structure, biglock with each of its locks: the
// comparison is to be with the best of them.
func allVariants() []*variant {
	var all []*variant
	for _, m := range node.Modes() {
		if m != node.ModeBigLock {
			all = append(all, &variant{mode: m})
			continue
		}
		for _, k := range biglock.Kinds() {
			all = append(all, &variant{mode: m, lock: string(k)})
		}
	}
	return all
}

// stopPatience is how long all machines may take to stop.
const stopPatience = 15 * time.Second

// stopAll stops the machines that were booted, all at once.
func stopAll(ctx context.Context, variants []*variant) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	results := make(chan error, len(variants))
	for _, v := range variants {
		go func() {
			if v.machine == nil {
				results <- nil
				return
			}
			if err := v.machine.Stop(ctx); err != nil {
				results <- fmt.Errorf("%s: %w", v.name(), err)
				return
			}
			results <- nil
		}()
	}
	var errs []error
	for range variants {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

func numberOf(what string, n int) zap.Field { return zap.Int(what, n) }

func text(what, value string) zap.Field { return zap.String(what, value) }

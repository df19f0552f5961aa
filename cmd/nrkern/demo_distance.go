package main

import "github.com/nrkern/nrkern/measure"

// distance is where two CPUs are to each other, in words.
type distance string

// The distances that count; a sample of another one does not.
var (
	notMeasured = distanceOf(measure.Unknown)
	siblings    = distanceOf(measure.Sibling)
	sameCache   = distanceOf(measure.SameL3)
	farApart    = distanceOf(measure.Far)
)

func distanceOf(p measure.Placement) distance { return distance(p.Words()) }

//go:build race

package structures_test

// raceSlowdown divides the budgets of the probes under the race detector.
const raceSlowdown = 10

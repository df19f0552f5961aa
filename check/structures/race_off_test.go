//go:build !race

package structures_test

const raceSlowdown = 1

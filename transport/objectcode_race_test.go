//go:build race

package transport

import "testing"

const raceBuild = "under the race detector the release store is an atomic one, and accesses call the detector"

func TestHeaderStoreComesLast(t *testing.T) { t.Skip(raceBuild) }

func TestAccessesInline(t *testing.T) { t.Skip(raceBuild) }

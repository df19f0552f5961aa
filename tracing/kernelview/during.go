package kernelview

import "fmt"

// Operation is a kind of call at a node.
type Operation struct {
	Node          int
	Service, Code uint8
}

// duringKey is struct during of kernel.c.
type duringKey struct {
	Event      uint32
	Node, Code uint16
}

// during returns what came within traced calls, by the index of the event.
func (v *View) during() (map[int]map[Operation]uint64, error) {
	found := map[int]map[Operation]uint64{}
	var key duringKey
	var each []uint64
	entries := v.maps["by_operation"].Iterate()
	for entries.Next(&key, &each) {
		event := int(key.Event)
		if found[event] == nil {
			found[event] = map[Operation]uint64{}
		}
		for _, n := range each {
			found[event][Operation{int(key.Node), uint8(key.Code >> 8), uint8(key.Code)}] += n
		}
	}
	if err := entries.Err(); err != nil {
		return nil, fmt.Errorf("read what came within calls: %w", err)
	}
	return found, nil
}

// Unplaced returns how many events came within calls of which there are too many
// kinds: During has them not.
func (v *View) Unplaced() (n uint64, err error) {
	if err := v.maps["unplaced"].Lookup(uint32(0), &n); err != nil {
		return 0, fmt.Errorf("read what was lost: %w", err)
	}
	return n, nil
}

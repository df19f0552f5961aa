//go:build !nrkern_nohook

package simulate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nrkern/nrkern/transport"
)

// trace adds a line to the readable trace: step, core, what, where, values.
func (m *Machine) trace(c *core, what string, p *place, detail string) {
	who, where := "", ""
	if c != nil {
		who = c.name
	}
	if p != nil {
		where = m.memory.nameOf(p)
	}
	line := fmt.Sprintf("%6d  %-18s %-10s %s", m.steps, who, what, where)
	if detail != "" {
		line += "  " + detail
	}
	m.lines = append(m.lines, strings.TrimRight(line, " "))
}

// describe shows a store for a trace.
func (e *pending) describe() string {
	if e.isPayload {
		return "payload"
	}
	return decimal(e.value)
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }

func ifTrue(b bool, s string) string {
	if b {
		return s
	}
	return ""
}

// nameInPart names a line of a part of the segment as the protocols do.
func nameInPart(part string, offset uint64) string {
	words := func(names ...string) string {
		if i := offset / transport.LineSize; i < uint64(len(names)) && offset%transport.LineSize == 0 {
			return names[i]
		}
		return fmt.Sprintf("byte %d", offset)
	}
	if of, ok := strings.CutPrefix(part, "log.replica."); ok {
		return words("ltail", "filling", "joined", "log bell") + " of replica " + of
	}
	switch {
	case part == "log.control":
		return words("tail", "ctail")
	case part == "log.slots":
		return fmt.Sprintf("log slot %d", offset/transport.SlotSize)
	case strings.HasPrefix(part, "mesh.from."):
		return fmt.Sprintf("ring slot %d from node %s", offset/transport.SlotSize, strings.TrimPrefix(part, "mesh.from."))
	case strings.HasPrefix(part, "mesh.bell."):
		return "bell of node " + strings.TrimPrefix(part, "mesh.bell.")
	}
	return fmt.Sprintf("%s, byte %d", part, offset)
}

// note adds what a client does to the trace.
func (m *Machine) note(c *client, what string) {
	m.lines = append(m.lines, fmt.Sprintf("%6d  %s %s", m.steps, c.name, what))
}

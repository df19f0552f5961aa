package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/numa"
)

func newStatus(s *session) *cobra.Command {
	var ask node.StatusRequest
	cmd := &cobra.Command{
		Use: "status", Short: "Show the machine: kernels, placement, positions, traffic", Args: noArguments,
		Long: `Show the machine of the run directory: where its memory and its threads are, by
Linux's own word, beside where they were put; where logs and channels stand; what
has crossed between nodes since the start. With --digest each kernel digests its
state: equal digests at one index of the log are equal states.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial()
			if err != nil {
				return err
			}
			defer c.Close()
			status, err := c.Status(cmd.Context(), ask)
			if err != nil {
				return err
			}
			return s.print(result{
				data:  status,
				table: func(w io.Writer) error { return writeStatus(w, status) },
				csv:   func() [][]string { return statusRecords(status) },
			})
		},
	}
	cmd.Flags().BoolVar(&ask.Digest, "digest", false, "ask each kernel for a digest of its state")
	return cmd
}

func writeStatus(w io.Writer, s *node.Status) error {
	about := newGrid("l")
	about.add("machine", s.Config.Structure()+", "+string(s.State))
	if s.Job != "" {
		about.add("job", s.Job)
	}
	about.add("supervisor", fmt.Sprintf("process %d, version %s, up %v", s.PID, s.Version, time.Since(s.Started).Round(time.Second)))
	about.add("run directory", s.Config.RunDir)
	about.add("topology", s.Topology.String())
	if s.Config.Replicating() {
		about.add("agreements", string(s.Config.Tree)+", from node 0 to "+s.Config.RouteText(&s.Topology))
	}
	if s.Config.Isolate {
		about.add("isolation", "each kernel maps its own channels only")
	}
	about.add("waiting", s.Policy.String())
	about.add("segment", segmentText(s))
	about.add("operations", grouped(s.Operations))
	for _, warning := range s.Warnings {
		about.add("warning", warning)
	}
	if err := about.write(w); err != nil {
		return err
	}
	matrix := between(&node.Status{}, s, 1)
	for _, g := range []*grid{partsGrid(s), kernelsGrid(s), positionsGrid(s), streamsGrid(s), trafficGrid(s), matrixGrid(matrix.Nodes, matrix.Cells)} {
		if g == nil {
			continue
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := g.write(w); err != nil {
			return err
		}
	}
	return nil
}

func segmentText(s *node.Status) string {
	text := fmt.Sprintf("%s on pages of %s", bytesOf(s.Segment.Size), bytesOf(s.Segment.PageSize))
	switch {
	case s.Segment.PageSize >= numa.HugePageSize:
		text += " (hugepages)"
	case s.Config.Hugepages == "off":
		text += " (--hugepages=off)"
	default:
		text += " (see the warning)"
	}
	return text
}

// partsGrid shows where each part of the segment is, and where it should be.
func partsGrid(s *node.Status) *grid {
	g := newGrid("lrll", "SEGMENT PART", "SIZE", "WANTED", "FOUND", "")
	for _, p := range s.Segment.Parts {
		g.add(p.Name, bytesOf(p.Size), nodesText(p.Wanted), pagesText(p.Pages, "pages"), placed(p.Right))
	}
	return g
}

func kernelsGrid(s *node.Status) *grid {
	g := newGrid("lrllllrr", "KERNEL", "PID", "STATE", "CPUS", "MEMORY POLICY", "HEAP FOUND", "", "OPERATIONS", "THREADS")
	if digests(s) {
		g.rows[0] = append(g.rows[0], "DIGEST", "AT")
	}
	for _, k := range s.Kernels {
		row := []string{
			kernelName(k), strconv.Itoa(k.PID), string(k.State), numa.FormatList(k.CPUs), k.Memory.String(),
			pagesText(k.HeapPages, "pages of 4 KiB"), placed(k.Right), grouped(k.Operations), strconv.Itoa(k.Threads),
		}
		if digests(s) {
			row = append(row, k.Digest, grouped(k.DigestAt))
		}
		g.add(row...)
	}
	g.aligns = "lrlllllrrlr"
	return g
}

// positionsGrid shows the log of nr, or the channels of the multikernel.
func positionsGrid(s *node.Status) *grid {
	switch s.Config.Mode {
	case node.ModeNR:
		g := newGrid("lr", "LOG AT", "TAIL", "CTAIL", "LTAIL", "SLOTS")
		add := func(name string, l node.LogStatus) {
			g.add(name, grouped(l.Tail), grouped(l.Completed), grouped(l.Applied), grouped(l.Capacity))
		}
		for _, k := range s.Kernels {
			if k.Log != nil {
				add(kernelName(k), *k.Log)
			}
			for i, l := range k.Logs {
				add(fmt.Sprintf("%s, log %d", kernelName(k), i), l)
			}
		}
		return g
	case node.ModeMultikernel:
		g := newGrid("lr", "CHANNEL", "SENT", "ACKED", "RECEIVED", "SLOTS")
		for _, k := range s.Kernels {
			for _, peer := range sortedKeys(k.Channels) {
				p := k.Channels[peer]
				g.add(fmt.Sprintf("%d, to and from %d", k.Node, peer), grouped(p.Sent), grouped(p.Acked), grouped(p.Received), grouped(p.Ring))
			}
		}
		return g
	}
	return nil
}

// streamsGrid shows where the copies of the multikernel stand, by the node that
// orders the operations on them.
func streamsGrid(s *node.Status) *grid {
	g := newGrid("lrrr", "COPY AT", "ORDERED BY", "PREPARED", "COMMITTED", "APPLIED")
	for _, k := range s.Kernels {
		for _, p := range k.Streams {
			g.add(kernelName(k), kernelNumber(p.Coordinator), grouped(p.Prepared), grouped(p.Committed), grouped(p.Applied))
		}
	}
	if len(g.rows) == 1 {
		return nil
	}
	return g
}

func kernelNumber(n int) string { return "node " + strconv.Itoa(n) }

// trafficGrid shows what was observed to cross: hand-overs are a lower bound.
func trafficGrid(s *node.Status) *grid {
	g := newGrid("lr", "TRAFFIC", "LOG ENTRIES", "BATCHES", "MESSAGES", "ACKS", "HAND-OVERS >=", "OF ENTRIES", "CONTROL", "MESSAGES", "LOCK")
	for _, k := range s.Kernels {
		t := k.Traffic
		g.add(kernelName(k), grouped(t.LogEntries), grouped(t.LogBatches), grouped(t.Messages), grouped(t.Acks), grouped(t.HandOvers()),
			grouped(t.EntryLines), grouped(t.ControlLines), grouped(t.MessageLines), grouped(t.LockLines))
	}
	return g
}

func digests(s *node.Status) bool {
	for _, k := range s.Kernels {
		if k.Digest != "" {
			return true
		}
	}
	return false
}

func kernelName(k node.KernelStatus) string {
	if k.Node < 0 {
		return "all nodes"
	}
	return kernelNumber(k.Node)
}

func placed(right bool) string {
	if right {
		return "right"
	}
	return "WRONG"
}

func nodesText(nodes []int) string {
	if len(nodes) == 1 {
		return "Linux node " + strconv.Itoa(nodes[0])
	}
	return "Linux nodes " + numa.FormatList(nodes)
}

// pagesText gives "512 on 0, 3 on 1 (pages)".
func pagesText(pages map[int]int, unit string) string {
	if len(pages) == 0 {
		return "not known"
	}
	var texts []string
	for _, n := range sortedKeys(pages) {
		texts = append(texts, fmt.Sprintf("%s on node %d", grouped(pages[n]), n))
	}
	return strings.Join(texts, ", ") + " (" + unit + ")"
}

// statusRecords has a record for each kernel.
func statusRecords(s *node.Status) [][]string {
	records := [][]string{{
		"mode", "node", "pid", "state", "cpus", "memory_node", "placed_right", "operations", "threads",
		"log_entries", "messages", "handovers", "digest", "digest_index",
	}}
	for _, k := range s.Kernels {
		records = append(records, []string{
			string(s.Config.Mode), strconv.Itoa(k.Node), strconv.Itoa(k.PID), string(k.State), numa.FormatList(k.CPUs),
			strconv.Itoa(k.MemoryNode), strconv.FormatBool(k.Right), strconv.FormatUint(k.Operations, 10), strconv.Itoa(k.Threads),
			strconv.FormatUint(k.Traffic.LogEntries, 10), strconv.FormatUint(k.Traffic.Messages, 10),
			strconv.FormatUint(k.Traffic.HandOvers(), 10), k.Digest, strconv.FormatUint(k.DigestAt, 10),
		})
	}
	return records
}

package numa

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// String gives the topology in one line: "2 nodes, 48 CPUs usable".
func (t *Topology) String() string {
	text := plural(len(t.Nodes), "node")
	if t.Virtual {
		text = fmt.Sprintf("virtual %s (%s)", t.Spec, text)
	}
	text += fmt.Sprintf(", %s usable", plural(len(t.Usable()), "CPU"))
	if t.Shared {
		text += ", shared"
	}
	return text
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Describe writes the topology as text: a table of nodes, their distances,
// and the notes.
func (t *Topology) Describe(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t)
	t.describeNodes(&b)
	if len(t.Nodes) > 1 {
		b.WriteString("\n")
		t.describeDistances(&b)
	}
	if len(t.Notes) > 0 {
		b.WriteString("\n")
		for _, note := range t.Notes {
			fmt.Fprintf(&b, "note: %s\n", note)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Topology) describeNodes(b *strings.Builder) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NODE\tLINUX NODE\tPACKAGE\tCORES\tCPUS\tL3\tMEMORY\tFREE\tMEMORY OF")
	for _, n := range t.Nodes {
		fmt.Fprintf(table, "%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\tLinux node %d\n",
			n.ID, n.Physical, n.Package, t.describeCores(n), FormatList(n.Cores), t.describeL3(n),
			describeSize(n.MemTotal), describeSize(n.MemFree), n.Memory)
	}
	table.Flush() // a strings.Builder does not fail
}

// describeCores gives "24 x 2 SMT" when the node has both siblings of each of
// 24 cores; cores of a virtual node are what it calls cores.
func (t *Topology) describeCores(n Node) string {
	if t.Virtual {
		return fmt.Sprint(len(n.Cores))
	}
	cores := map[int]int{}
	most := 0
	for _, id := range n.Cores {
		c, _ := t.CPU(id)
		cores[c.Core]++
		most = max(most, cores[c.Core])
	}
	if most > 1 {
		return fmt.Sprintf("%d x %d SMT", len(cores), most)
	}
	return fmt.Sprint(len(cores))
}

// describeL3 gives how many last-level caches the node's CPUs have.
func (t *Topology) describeL3(n Node) string {
	caches := map[int]bool{}
	for _, id := range n.Cores {
		c, _ := t.CPU(id)
		if c.L3 < 0 {
			return "?"
		}
		caches[c.L3] = true
	}
	return fmt.Sprint(len(caches))
}

func describeSize(n uint64) string {
	if n == 0 {
		return "?"
	}
	return formatBytes(n)
}

// describeDistances writes the matrix. The columns of numbers are aligned to
// the right by hand, the first to the left: tabwriter aligns all one way.
func (t *Topology) describeDistances(b *strings.Builder) {
	fmt.Fprintf(b, "%-8s", "DISTANCE")
	for _, n := range t.Nodes {
		fmt.Fprintf(b, "%5d", n.ID)
	}
	b.WriteString("\n")
	for _, n := range t.Nodes {
		fmt.Fprintf(b, "%-8d", n.ID)
		for _, d := range n.Distance {
			fmt.Fprintf(b, "%5d", d)
		}
		b.WriteString("\n")
	}
}

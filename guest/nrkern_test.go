package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nrkern/nrkern/guest/probe/report"
	"github.com/nrkern/nrkern/numa"
)

// The command on machines with 2 and 4 NUMA nodes, in every structure: it
// boots, a write at the first node is read at the last, its checks pass, every
// thread, page and part is on its node by the kernel's own word, and after stop
// nothing is left. The demo, which boots all structures at once, has a boot of
// its own.
func TestNrkern(t *testing.T) {
	needGuest(t)
	files := nrkernFiles(t)
	for _, nodes := range []int{2, 4} {
		t.Run(fmt.Sprintf("%d nodes", nodes), func(t *testing.T) {
			m := Uniform(nodes, 2, 512, 48)
			modes := []string{"nr", "multikernel", "biglock"}
			if nodes == 2 { // on four, the test of packages replicates
				modes = append(modes, "multikernel/replicated")
			}
			for _, mode := range modes {
				t.Run(mode, func(t *testing.T) {
					t.Parallel()
					testMode(t, m, files, mode)
				})
			}
			t.Run("packages", func(t *testing.T) {
				if nodes < 4 {
					t.Skip("two packages of two nodes take four")
				}
				t.Parallel()
				m := m
				m.NodesPerPackage = 2
				m.Distances = make([][]int, nodes)
				for a := range nodes {
					for b := range nodes {
						distance := 28
						switch {
						case a == b:
							distance = 10
						case m.Package(a) == m.Package(b):
							distance = 12
						}
						m.Distances[a] = append(m.Distances[a], distance)
					}
				}
				testTree(t, m, files)
			})
			t.Run("demo", func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
				defer cancel()
				r, err := Boot(ctx, m, files, []Command{
					{Args: []string{"/bin/nrkern", "demo", "--budget", "20s", "--repetitions", "1", "--keys", "500"}, Timeout: 4 * time.Minute},
					Run("/bin/probe", "processes"),
				})
				if err != nil {
					t.Fatal(err)
				}
				demo := r.Commands[0]
				t.Logf("%s%s", demo.Stderr, demo.Stdout)
				if err := demo.Err(); err != nil {
					t.Error(err)
				}
				checkNothingLeft(t, r.Commands[1])
			})
		})
	}
}

// guestStatus is what these tests read of `nrkern status -o json`.
type guestStatus struct {
	State   string `json:"state"`
	Segment struct {
		PageSize int `json:"page_size_bytes"`
		Parts    []struct {
			Name  string      `json:"name"`
			Home  int         `json:"home"`
			Pages map[int]int `json:"pages_by_node"`
			Right bool        `json:"placed_right"`
		} `json:"parts"`
	} `json:"segment"`
	Kernels []struct {
		Node  int  `json:"node"`
		Right bool `json:"placed_right"`
	} `json:"kernels"`
}

func testMode(t *testing.T, m Machine, files []File, mode string) {
	last := strconv.Itoa(len(m.Nodes) - 1)
	mode, placement, placed := strings.Cut(mode, "/")
	structure := []string{"--mode", mode}
	if placed {
		structure = append(structure, "--placement", placement)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := Boot(ctx, m, files, []Command{
		Run(append([]string{"/bin/nrkern", "start", "--hugepages", "require", "--detach"}, structure...)...),
		Run("/bin/nrkern", "sys", "kv", "put", "7", "42", "--node", "0"),
		Run("/bin/nrkern", "sys", "kv", "get", "7", "--node", last),
		Run("/bin/nrkern", "status", "-o", "json"),
		Run("/bin/probe", "placed", "nrkern-kernel"),
		{Args: []string{"/bin/nrkern", "check", "--histories", "3", "--operations", "50", "--reads", "2000"}, Timeout: 2 * time.Minute},
		Run("/bin/nrkern", "stop"),
		Run("/bin/probe", "processes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Commands {
		if err := c.Err(); err != nil {
			t.Fatalf("%v\n%s%s", err, c.Stdout, c.Stderr)
		}
	}
	if got := strings.TrimSpace(string(r.Commands[2].Stdout)); got != "42" {
		t.Errorf("node %s reads %q, node 0 wrote 42", last, got)
	}
	t.Logf("%s", r.Commands[5].Stdout)

	var s guestStatus
	if err := json.Unmarshal(r.Commands[3].Stdout, &s); err != nil {
		t.Fatalf("status printed %s: %v", r.Commands[3].Stdout, err)
	}
	if s.State != "running" || s.Segment.PageSize != numa.HugePageSize {
		t.Errorf("the machine is %s, its segment on pages of %d bytes", s.State, s.Segment.PageSize)
	}
	for _, p := range s.Segment.Parts {
		if p.Home >= 0 && (len(p.Pages) != 1 || p.Pages[p.Home] == 0) || !p.Right {
			t.Errorf("part %s of node %d has pages %v by node, right: %v", p.Name, p.Home, p.Pages, p.Right)
		}
	}
	for _, k := range s.Kernels {
		if !k.Right {
			t.Errorf("kernel of node %d says that it is not placed right", k.Node)
		}
	}
	kernels := decode[[]report.Process](t, r.Commands[4])
	if mode == "biglock" {
		checkWhole(t, m, kernels)
	} else {
		checkKernels(t, m, kernels)
	}
	checkNothingLeft(t, r.Commands[7])
}

// testTree: with two nodes a package the agreements of replicated state follow
// the packages: from node 0 one message leads into each other package, whose
// leader sends on, and the far ones go first.
func testTree(t *testing.T, m Machine, files []File) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := Boot(ctx, m, files, []Command{
		Run("/bin/nrkern", "start", "--mode", "multikernel", "--placement", "replicated", "--hugepages", "require", "--detach"),
		Run("/bin/nrkern", "sys", "kv", "put", "7", "42", "--node", "1"),
		Run("/bin/nrkern", "status"),
		{Args: []string{"/bin/nrkern", "check", "--histories", "3", "--operations", "50", "--reads", "2000"}, Timeout: 2 * time.Minute},
		Run("/bin/nrkern", "stop"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Commands {
		if err := c.Err(); err != nil {
			t.Fatalf("%v\n%s%s", err, c.Stdout, c.Stderr)
		}
	}
	const want = "numa, from node 0 to 2 (3), 1"
	if status := string(r.Commands[2].Stdout); !regexp.MustCompile(`agreements +` + regexp.QuoteMeta(want) + `\n`).MatchString(status) {
		t.Errorf("want agreements by %s:\n%s", want, status)
	}
}

// checkKernels: one process a node; its threads on the node's CPUs, its private
// memory on the node, and the segment it maps on every node.
func checkKernels(t *testing.T, m Machine, kernels []report.Process) {
	t.Helper()
	if len(kernels) != len(m.Nodes) {
		t.Fatalf("%d kernels on %d nodes: %+v", len(kernels), len(m.Nodes), kernels)
	}
	for _, k := range kernels {
		node, err := strconv.Atoi(k.Args[1])
		if err != nil || node < 0 || node >= len(m.Nodes) {
			t.Errorf("kernel %q is of no node", k.Args)
			continue
		}
		for list := range k.Threads {
			cpus, err := numa.ParseList(list)
			if err != nil || slices.ContainsFunc(cpus, func(c int) bool { return !slices.Contains(m.CPUs(node), c) }) {
				t.Errorf("node %d: %d threads may run on CPUs %s, the node has %v (%v)", node, k.Threads[list], list, m.CPUs(node), err)
			}
		}
		for _, mapping := range k.Mappings {
			switch {
			case mapping.Name == report.Anonymous:
				if len(mapping.Nodes) != 1 || mapping.Nodes[node] == 0 {
					t.Errorf("node %d: private pages by node %v", node, mapping.Nodes)
				}
			case mapping.PageSize != numa.HugePageSize || len(mapping.Nodes) != len(m.Nodes):
				t.Errorf("node %d: segment %s: pages of %d bytes by node %v", node, mapping.Name, mapping.PageSize, mapping.Nodes)
			}
		}
	}
}

// checkWhole: one process whose memory is spread over all nodes.
func checkWhole(t *testing.T, m Machine, kernels []report.Process) {
	t.Helper()
	if len(kernels) != 1 {
		t.Fatalf("%d processes under the big lock: %+v", len(kernels), kernels)
	}
	for _, mapping := range kernels[0].Mappings {
		if mapping.Name != report.Anonymous {
			continue
		}
		// How many is chance: a little of the reserved memory is touched, in runs
		// of pages that begin at multiples of four or eight.
		for node := range m.Nodes {
			if mapping.Nodes[node] == 0 {
				t.Errorf("private pages by node %v: none on node %d", mapping.Nodes, node)
			}
		}
	}
}

// checkNothingLeft: init and the probe that asks are all that runs.
func checkNothingLeft(t *testing.T, o Output) {
	t.Helper()
	if left := decode[[]int](t, o); len(left) != 2 {
		t.Errorf("processes left: %v; want init and the one that asks", left)
	}
}

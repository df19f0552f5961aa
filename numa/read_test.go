package numa

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// golden compares text with a file below testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata/golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (go test ./numa -update rewrites it):\n%s", path, diff)
	}
}

func describe(t *testing.T, top *Topology) string {
	t.Helper()
	var b bytes.Buffer
	if err := top.Describe(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDescribeMachines(t *testing.T) {
	for _, name := range machines(t) {
		t.Run(name, func(t *testing.T) {
			top := readMachine(t, machine(t, name), Limits{})
			golden(t, name+".txt", describe(t, top))
		})
	}
}

// The keys of the JSON are what people script against.
func TestTopologyJSON(t *testing.T) {
	top := readMachine(t, machine(t, "cxl-holes"), Limits{CPUs: []int{0, 4, 5, 6, 7}})
	text, err := json.MarshalIndent(top, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "cxl-holes.json", string(text)+"\n")
	var back Topology
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(top, &back); diff != "" {
		t.Errorf("JSON loses something:\n%s", diff)
	}
}

func TestReadMends(t *testing.T) {
	for _, test := range []struct {
		name    string
		machine string
		edits   []string
		lim     Limits
		note    string // part of a note
		nodes   string // what Describe says of the nodes, by nodesOf
	}{
		{
			name: "no node directory", machine: "laptop", edits: []string{"-node"},
			note: "has no node: one node with all CPUs assumed", nodes: "0:0-7@0",
		},
		{
			name: "node list damaged", machine: "intel-2-socket", edits: []string{"node/online = what"},
			note:  "node/online is missing or damaged: nodes 0-1 taken from the directories",
			nodes: "0:0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30@0 1:1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31@1",
		},
		{
			name: "CPU list damaged", machine: "laptop", edits: []string{"cpu/online = 0-", "cpu/cpu3/online = 0", "cpu/cpu4/online = 1"},
			note: "cpu/online is missing or damaged: CPUs 0-2,4-7 taken from the directories", nodes: "0:0-2,4-7@0",
		},
		{
			name: "offline CPUs", machine: "laptop", edits: []string{"cpu/online = 0-3,5-6"},
			note: "CPUs 4,7 offline: not used", nodes: "0:0-3,5-6@0",
		},
		{
			name: "CPU list of a node missing", machine: "memoryless", edits: []string{"-node/node1/cpulist"},
			note: "CPU list of Linux node 1 is missing or damaged", nodes: "0:0-3@0 1:4-7@2 2:8-11@2",
		},
		{
			name: "CPU list of a node missing, links there", machine: "memoryless",
			edits: []string{"-node/node{0-1}/cpulist", "cpu/cpu{4-7}/node1/cpulist = 4-7", "cpu/cpu{0-3}/node0/cpulist = 0-3"},
			note:  "CPUs 4-7 in no node: put on Linux node 1", nodes: "0:0-3@0 1:4-7@2 2:8-11@2",
		},
		{
			name: "a CPU in no node goes to its socket", machine: "intel-4-socket", edits: []string{"node/node2/cpulist = 48-70,144-167"},
			note: "CPU 71 in no node: put on Linux node 2", nodes: "0:0-23,96-119@0 1:24-47,120-143@1 2:48-71,144-167@2 3:72-95,168-191@3",
		},
		{
			name: "affinity", machine: "intel-2-socket", lim: Limits{CPUs: []int{0, 2, 3, 64}},
			note: "affinity or cpuset forbids CPUs 1,4-31 of 0-31 online", nodes: "0:0,2@0 1:3@1",
		},
		{
			name: "affinity of one node", machine: "intel-2-socket", lim: Limits{CPUs: []int{1, 3}},
			note: "Linux node 0 (CPUs 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30) is outside the caller's affinity or cpuset", nodes: "0:1,3@1",
		},
		{
			name: "renumbered", machine: "intel-2-socket", lim: Limits{CPUs: []int{1, 3}},
			note: "Linux node 1 is node 0 here", nodes: "0:1,3@1",
		},
		{
			name: "memory forbidden", machine: "memoryless", lim: Limits{Mems: []int{2}},
			note: "Linux node 0 has memory that the cpuset forbids: it takes memory from Linux node 2, the nearest (distance 21)", nodes: "0:0-3@2 1:4-7@2 2:8-11@2",
		},
		{
			name: "no memory anywhere", machine: "laptop", lim: Limits{Mems: []int{7}},
			note: "has memory that the cpuset forbids, and no other has any: its own is tried", nodes: "0:0-7@0",
		},
		{
			name: "no distances", machine: "memoryless", edits: []string{"-node/node0/distance", "-node/node1/distance", "-node/node2/distance"},
			note: "distances of Linux node 1: no such file: others' or 20 assumed", nodes: "0:0-3@0 1:4-7@0 2:8-11@2",
		},
		{
			name: "a distance row missing is mirrored", machine: "memoryless", edits: []string{"-node/node1/distance"},
			note: "distances of Linux node 1: no such file", nodes: "0:0-3@0 1:4-7@2 2:8-11@2",
		},
		{
			name: "distances too short", machine: "intel-2-socket", edits: []string{"node/node0/distance = 10"},
			note: "distances of Linux node 0: 1 numbers for 2 nodes",
		},
		{
			name: "distance of 0", machine: "intel-2-socket", edits: []string{"node/node0/distance = 10 0"},
			note: `"0" is no distance (10 to 255)`,
		},
		{
			name: "memory unknown", machine: "intel-2-socket", edits: []string{"-node/node1/meminfo"},
			note: "size of memory unknown on Linux node 1",
		},
		{
			name: "memory unknown, none by the list", machine: "intel-2-socket", edits: []string{"-node/node1/meminfo", "node/has_memory = 0"},
			note: "Linux node 1 has no memory: it takes memory from Linux node 0",
		},
		{
			name: "older kernel's list of memory", machine: "intel-2-socket", edits: []string{"-node/node1/meminfo", "-node/has_memory", "node/has_normal_memory = 0"},
			note: "Linux node 1 has no memory",
		},
		{
			name: "no cache directory", machine: "laptop", edits: []string{"-cpu/cpu1/cache"},
			note: "no L3 cache known for CPU 1",
		},
		{
			name: "no topology directory", machine: "laptop", edits: []string{"-cpu/cpu1/topology", "-cpu/cpu5/topology"},
			note: "no SMT siblings known for CPUs 1,5: taken for cores of their own",
		},
		{
			name: "no sockets at all", machine: "laptop", edits: []string{"cpu/cpu{0-7}/topology/physical_package_id = -1"},
			note: "no socket known for CPUs 0-7",
		},
		{
			name: "a node over two sockets", machine: "laptop", edits: []string{"cpu/cpu{0-7}/topology/physical_package_id = {n%4/2}"},
			note: "Linux node 0 has CPUs of several sockets",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			top := readMachine(t, machine(t, test.machine, test.edits...), test.lim)
			if !slices.ContainsFunc(top.Notes, func(n string) bool { return strings.Contains(n, test.note) }) {
				t.Errorf("no note with %q in\n%s", test.note, strings.Join(top.Notes, "\n"))
			}
			if got := nodesOf(top); test.nodes != "" && got != test.nodes {
				t.Errorf("nodes are %s; want %s", got, test.nodes)
			}
		})
	}
}

// nodesOf gives "ID:CPUS@MEMORY" for every node.
func nodesOf(top *Topology) string {
	var parts []string
	for _, n := range top.Nodes {
		parts = append(parts, describeMany("", []int{n.ID})[1:]+":"+FormatList(n.Cores)+"@"+FormatList([]int{n.Memory}))
	}
	return strings.Join(parts, " ")
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		sys  fstest.MapFS
		lim  Limits
		want []string
	}{
		{"empty sysfs", fstest.MapFS{}, Limits{}, []string{"devices/system/cpu/online", "is sysfs mounted?"}},
		{"nothing online", machine(t, "laptop", "cpu/online = ", "cpu/cpu{0-7}/online = 0"), Limits{}, []string{"it is empty"}},
		{"nothing allowed", machine(t, "laptop"), Limits{CPUs: []int{8, 9}}, []string{"CPUs 0-7 are online", "may use only CPUs 8-9", "widen"}},
		{"an empty limit", machine(t, "laptop"), Limits{CPUs: []int{}}, []string{"may use only no CPU"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			top, err := Read(test.sys, test.lim)
			if !errors.Is(err, ErrNoTopology) {
				t.Fatalf("got %v, %v; want ErrNoTopology", top, err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

func TestCoresOfSMTComeLast(t *testing.T) {
	top := readMachine(t, machine(t, "intel-2-socket"), Limits{})
	want := []int{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31}
	if diff := cmp.Diff(want, top.Nodes[1].Cores); diff != "" {
		t.Errorf("node 1's cores:\n%s", diff)
	}
	top = readMachine(t, machine(t, "laptop", "cpu/cpu{0-7}/topology/thread_siblings_list = {n/2*2}-{n/2*2+1}"), Limits{})
	want = []int{0, 2, 4, 6, 1, 3, 5, 7}
	if diff := cmp.Diff(want, top.Nodes[0].Cores); diff != "" {
		t.Errorf("cores with siblings side by side:\n%s", diff)
	}
}

func TestParseMemsAllowed(t *testing.T) {
	got, err := parseMemsAllowed("Mems_allowed:\t00000000,00000005\nMems_allowed_list:\t0,2\n")
	if err != nil || !slices.Equal(got, []int{0, 2}) {
		t.Errorf("got %v, %v; want 0 and 2", got, err)
	}
	if _, err := parseMemsAllowed("Name:\tcat\n"); !errors.Is(err, ErrNotSupported) {
		t.Errorf("without the line: %v; want ErrNotSupported", err)
	}
}

package guest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nrkern/nrkern/guest/probe/report"
)

const probeImport = "github.com/nrkern/nrkern/guest/probe"

func probe(t *testing.T) File {
	t.Helper()
	data, err := Build(t.Context(), probeImport)
	if err != nil {
		t.Fatal(err)
	}
	return Program("/bin/probe", data)
}

// nrkernFiles are the probe and the program under test.
func nrkernFiles(t *testing.T) []File {
	t.Helper()
	data, err := Build(t.Context(), "github.com/nrkern/nrkern/cmd/nrkern")
	if err != nil {
		t.Fatal(err)
	}
	return []File{probe(t), Program("/bin/nrkern", data)}
}

// boot boots a machine whose commands all have to succeed.
func boot(t *testing.T, m Machine, files []File, commands ...Command) Result {
	t.Helper()
	r, err := Boot(t.Context(), m, files, commands)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("Linux %s, init after %v, off after %v", r.About.Release,
		r.ToInit.Round(time.Millisecond), r.Total.Round(time.Millisecond))
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	if len(r.About.Missing) > 0 {
		t.Logf("this kernel lacks %q", r.About.Missing)
	}
	return r
}

// decode reads what a command of the probe printed.
func decode[T any](t *testing.T, o Output) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(o.Stdout, &v); err != nil {
		t.Fatalf("%q printed %q: %v", o.Args, o.Stdout, err)
	}
	return v
}

// asymmetric has all that real machines have and tables of equal nodes do not:
// one-way distances, a node without memory, and one without CPUs.
func asymmetric() Machine {
	m := Uniform(4, 2, 384, 16)
	m.Nodes[1].Hugepages = 40
	m.Nodes[2] = Node{CPUs: 2}
	m.Nodes[3] = Node{MemoryMiB: 256, Hugepages: 8}
	m.Distances = [][]int{{10, 12, 17, 21}, {14, 10, 21, 28}, {17, 22, 10, 31}, {21, 28, 32, 10}}
	return m
}

func checkNodes(t *testing.T, m Machine, got []report.Node) {
	t.Helper()
	var want []report.Node
	for i, n := range m.Nodes {
		w := report.Node{ID: i, CPUs: m.CPUs(i), Hugepages: n.Hugepages, HugepagesFree: n.Hugepages}
		for j := range m.Nodes {
			w.Distances = append(w.Distances, m.Distance(i, j))
		}
		want = append(want, w)
	}
	for i := range got {
		if i < len(m.Nodes) {
			// Firmware and the kernel's image take some, of node 0 the most.
			whole := m.Nodes[i].MemoryMiB << 10
			if kib := got[i].MemoryKiB; kib > whole || kib < whole*3/4 {
				t.Errorf("node %d has %d KiB of memory, and the machine %d KiB", i, kib, whole)
			}
		}
		got[i].MemoryKiB = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the guest's nodes (-want +got):\n%s", diff)
	}
}

// Whatever a command does, the plan goes on, and its result says what it did.
func TestCommandsOfAllKinds(t *testing.T) {
	needGuest(t)
	t.Parallel()
	const size = 200_000
	stuck := Run("/bin/probe", "sleep")
	stuck.Timeout = time.Second
	r, err := Boot(t.Context(), Uniform(1, 2, 384, 0), []File{probe(t), {Path: "/etc/not-a-program", Mode: 0o644}}, []Command{
		Run("/bin/probe", "write", "200000"),
		Run("/bin/probe", "fail"),
		Run("/bin/no-such-program"),
		Run("/etc/not-a-program"),
		{},
		stuck,
		Run("/bin/probe", "orphan"),
		Run("/bin/probe", "processes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range r.Commands {
		if !o.Ran || !o.Ended {
			t.Fatalf("command %d, %q: ran %v, ended %v", i, o.Args, o.Ran, o.Ended)
		}
	}

	written := r.Commands[0]
	want := make([]byte, size)
	for i := range want {
		want[i] = byte(i)
	}
	if written.Err() != nil || !slices.Equal(written.Stdout, want) {
		t.Errorf("write: %v, %d bytes; want %d with every value in turn", written.Err(), len(written.Stdout), size)
	}
	if o := r.Commands[1]; o.Code != 7 || string(o.Stdout) != "on stdout\n" || string(o.Stderr) != "on stderr\n" || o.Err() == nil {
		t.Errorf("fail: %+v", o)
	}
	for i, says := range map[int]string{2: "no such file", 3: "permission denied", 4: "no program"} {
		if o := r.Commands[i]; o.Code != -1 || !strings.Contains(o.Error, says) || o.Err() == nil {
			t.Errorf("%q: %+v; want an error with %q", o.Args, o.Exit, says)
		}
	}
	if o := r.Commands[5]; !o.TimedOut || o.Signal != 9 || o.Err() == nil {
		t.Errorf("stuck: %+v", o.Exit)
	}
	child := r.Commands[6]
	if child.Err() != nil || !child.OutputOpen {
		t.Errorf("orphan: %v, %+v; want its output to be open still", child.Err(), child.Exit)
	}
	// Left: init, the orphan, and the process that asks. No zombies.
	left, orphan := decode[[]int](t, r.Commands[7]), decode[int](t, child)
	if len(left) != 3 || !slices.Contains(left, 1) || !slices.Contains(left, orphan) {
		t.Errorf("processes %v; want 1, %d and one more", left, orphan)
	}
}

func TestADeadGuestIsAnError(t *testing.T) {
	needGuest(t)
	for _, c := range []struct {
		does, says string
		want       error
	}{
		{"panic", "sysrq triggered crash", ErrPanic},
		{"off", "reboot: Power down", ErrCutOff},
	} {
		t.Run(c.does, func(t *testing.T) {
			t.Parallel()
			r, err := Boot(t.Context(), Uniform(1, 1, 256, 0), []File{probe(t)}, []Command{
				Run("/bin/probe", "write", "3"), Run("/bin/probe", c.does), Run("/bin/probe", "nodes"),
			})
			var failed *BootError
			if !errors.Is(err, c.want) || !errors.As(err, &failed) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), `while command 1 ran, ["/bin/probe" "`+c.does) {
				t.Errorf("the error does not say %q and where: %v", c.says, err)
			}
			first, second, third := r.Commands[0], r.Commands[1], r.Commands[2]
			if string(first.Stdout) != "\x00\x01\x02" || !first.Ended || !second.Ran || second.Ended || third.Ran {
				t.Errorf("what there was before: %+v", r.Commands)
			}
		})
	}
}

package transport

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childRole, in the environment, makes a process of this test binary the other
// process of a test.
const childRole = "NRKERN_TRANSPORT_CHILD"

// patience bounds what a test waits for another thread or process. It is only
// reached when something hangs.
const patience = 60 * time.Second

var roles = map[string]func(*Segment) error{
	"exchange": childExchange,
	"sleep":    childSleep,
}

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	s, err := Open(3)
	if err == nil {
		err = roles[role](s)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "child %s: %v\n", role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inChild runs role in another process that has the segment, while this one
// runs here. Each side finds out by itself that it is stuck; the limit is for a
// child that does not.
func inChild(t *testing.T, s *Segment, role string, here func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	fd, err := unix.FcntlInt(uintptr(s.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	inherited := os.NewFile(uintptr(fd), "segment")
	defer inherited.Close()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), childRole+"="+role)
	cmd.ExtraFiles = []*os.File{inherited}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	errHere := here()
	if errHere != nil {
		cancel()
	}
	if err := cmd.Wait(); err != nil && errHere == nil {
		t.Errorf("the other process: %v", err)
	}
	if errHere != nil {
		t.Error(errHere)
	}
}

// sharedSegment returns a segment on ordinary pages with the parts of a layout.
func sharedSegment(t *testing.T, l *Layout) *Segment {
	t.Helper()
	s, err := Create(l, Options{Hugepages: HugepagesOff, Memory: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

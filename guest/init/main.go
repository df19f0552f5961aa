// Command init is the first process of a guest. It mounts the kernel's file
// systems, reserves hugepages node by node, runs the commands of its plan one
// after another, reports them on the second serial port (package guest/wire),
// and powers the machine off. It is all of user space that the guest has.
//
//	plan ──▶ mounts ──▶ hugepages ──▶ command ... command ──▶ power off
//	           └────────────┴── fail ──────────────────────────▶ power off
//
// Concurrency: one goroutine follows the plan; two a command carry its
// standard output and error to the port. It is PID 1, so it also reaps every
// orphan; it does that only where it waits for a command, so that no process
// is reaped by two.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/nrkern/nrkern/guest/wire"
)

func main() {
	// Panics and errors without a port go to the console; PID 1 that returns
	// makes the kernel panic, which the host reports with the console.
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "init: this is the first process of a guest, it runs as PID 1 only")
		os.Exit(2)
	}
	missing, err := mountAll()
	if err != nil {
		panic(err)
	}
	port, err := openPort(wire.Port)
	if err != nil {
		panic(err)
	}
	enc := wire.NewEncoder(port)
	if err := follow(enc, missing); err != nil {
		if err := enc.Send(wire.Frame{Kind: wire.Failed, Data: []byte(err.Error())}); err != nil {
			panic(err)
		}
	}
	if err := drain(port); err != nil {
		panic(err)
	}
	panic(unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF))
}

// follow does what the plan says.
func follow(enc *wire.Encoder, missing []string) error {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	about := &wire.About{Release: unix.ByteSliceToString(uts.Release[:]), Missing: missing}
	if err := enc.Send(wire.Frame{Kind: wire.Hello, About: about}); err != nil {
		return err
	}
	raw, err := os.ReadFile(wire.PlanPath)
	if err != nil {
		return fmt.Errorf("the plan: %w", err)
	}
	var plan wire.Plan
	if err := json.Unmarshal(raw, &plan); err != nil {
		return fmt.Errorf("the plan %s: %w", wire.PlanPath, err)
	}
	for node, pages := range plan.Hugepages {
		if err := reserve(node, pages); err != nil {
			return err
		}
	}
	for i, c := range plan.Commands {
		if err := enc.Send(wire.Frame{Kind: wire.Start, Command: i}); err != nil {
			return err
		}
		exit := run(enc, i, c)
		if err := enc.Send(wire.Frame{Kind: wire.Exited, Command: i, Exit: &exit}); err != nil {
			return err
		}
	}
	return enc.Send(wire.Frame{Kind: wire.End})
}

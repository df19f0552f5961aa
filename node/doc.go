// Package node runs a machine: a supervisor process, and one kernel process
// per node (one for the whole machine under the big lock).
//
//	supervisor                                 kernel process, node n
//	  topology, wait policy                      this binary, executed again
//	  segment: laid out, made, verified          cores and memory policy inherited
//	  fork from a thread pinned and bound ─────▶ from the fork on
//	  fd 3: segment   fd 4: socket pair          opens the segment, makes its structure
//	  Boot, Status, Sys, Prepare, Run ◀──rpc──▶  serves; a monitor thread while idle
//	  pidfd: a death is noticed at once          death signal + end of file: ends with
//	  control.sock: HTTP and JSON                  the supervisor, and tidies up for it
//
// A program boots a machine, uses it, and stops it:
//
//	func main() {
//		node.KernelMain() // never returns in a kernel process
//		m, err := node.Boot(ctx, node.DefaultConfig(), node.Hooks{})
//		answer, err := m.Sys(ctx, node.SysRequest{Node: 1, Service: "kv", Words: []string{"get", "7"}})
//		err = m.Stop(ctx)
//	}
//
// Another process reaches the machine through its run directory: Dial gives a
// Client with the same methods (API). Both report errors that wrap the
// sentinels of this package, so that errors.Is works across the socket.
//
// # Who ends what
//
// The context given to Boot is the life of the machine: when it is done, the
// machine stops orderly. A kernel that dies is replaced where others have the state
// (nr); else it takes the machine with it, and Wait says which one died and how. A
// supervisor that dies, even by SIGKILL, takes its kernels with it: each has a
// parent-death signal and watches the socket pair. The one that gets the lock of
// the run directory removes its files, and kills what does not end by itself. The
// segment is a memfd and goes with the last process. With Config.Keep the kernels
// go on instead, and Attach makes another process their supervisor; EndKept ends
// them.
//
// Concurrency: Machine and Client are safe for use by several goroutines. One
// bench, recording or probe runs at a time; a second gets ErrBusy. Status and
// Sys are answered meanwhile.
package node

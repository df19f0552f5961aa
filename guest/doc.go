// Package guest boots Linux on a machine with as many NUMA nodes as a test
// wants, and runs programs there.
//
// Most machines that tests run on have one node. QEMU's software emulation
// (TCG) makes any number of them, without KVM and without privileges: the
// guest's kernel finds nodes, distances and memory in its firmware tables as
// it would on hardware, so mbind, move_pages, getcpu and the hugepage pools
// answer for real nodes.
//
//	m := guest.Uniform(4, 2, 384, 32) // 4 nodes of 2 CPUs, 384 MiB, 32 hugepages
//	probe, err := guest.Build(ctx, "github.com/nrkern/nrkern/guest/probe")
//	r, err := guest.Boot(ctx, m,
//		[]guest.File{guest.Program("/bin/probe", probe)},
//		[]guest.Command{guest.Run("/bin/probe")})
//	fmt.Printf("%s", r.Commands[0].Stdout)
//
// All user space of the guest is an initial RAM disk, made anew for each boot:
// the files given, and an /init of ours (guest/init).
//
//	Boot ── initrd in a memfd ──▶ QEMU ──▶ Linux ──▶ /init ──▶ command ...
//	  ◀── ttyS0: the kernel's console, kept for errors ─┘         │
//	  ◀── ttyS1: frames (guest/wire): output, exit codes ─────────┘
//
// Nothing is left behind: the RAM disk has no name in any file system, QEMU is
// waited for in every case, and it is killed by the kernel should the process
// that called Boot die.
//
// What a guest is for: placement, topology, correctness. Emulated time says
// nothing about performance, there is no PMU, and all the nodes' memory is
// equally near.
//
// The tests that boot guests are off by default, since each takes both cores
// of a small machine for several seconds. NRKERN_GUEST=1 turns them on where
// QEMU and a kernel image are found; NRKERN_GUEST_REQUIRED=1 makes it an error
// when they are not. .ci/install-guest.sh installs both.
//
// Concurrency: all functions may be called at once by several goroutines; each
// Boot is a machine of its own.
package guest

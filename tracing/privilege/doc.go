// Package privilege says which capability each way of looking needs, and gives up
// those that are not needed any more. Attaching a uprobe takes CAP_SYS_ADMIN;
// reading what it saw does not, so a tracer that runs for long need not keep it.
//
//	if err := privilege.Keep(privilege.BPF, privilege.PerfMon); err != nil { … }
//
// Concurrency: Keep changes all threads of the process, for good.
package privilege

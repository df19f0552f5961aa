package probe

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"

	"github.com/nrkern/nrkern/tracing/privilege"
)

// uprobes is there on a Linux that lets perf attach uprobes.
const uprobes = "/sys/bus/event_source/devices/uprobe/type"

// Needs are the capabilities that Attach takes.
func Needs() []privilege.Capability {
	return []privilege.Capability{privilege.SysAdmin, privilege.BPF, privilege.PerfMon}
}

// Supported says why probes cannot be attached here: Linux was built without
// uprobes or BPF (ebpf.ErrNotSupported), or the process lacks a capability
// (privilege.ErrMissing). What else goes wrong is no lack of support, and Attach
// says it.
func Supported() error {
	if _, err := os.Stat(uprobes); err != nil {
		return fmt.Errorf("this Linux has no uprobes (CONFIG_UPROBE_EVENTS): %w: %w", ebpf.ErrNotSupported, err)
	}
	if err := privilege.Check(Needs()...); err != nil {
		return err
	}
	if err := features.HaveProgramType(ebpf.Kprobe); errors.Is(err, ebpf.ErrNotSupported) {
		return fmt.Errorf("this Linux has no BPF for probes (CONFIG_BPF_EVENTS): %w", err)
	}
	return nil
}

package probe

import (
	"fmt"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"

	"github.com/nrkern/nrkern/numa"
	"github.com/nrkern/nrkern/tracing/site"
)

// together reports whether one link can hold several probes of a process. One
// by one takes a grace period of Linux each: seconds for all sites on a busy
// machine. Before Linux 6.10 such a link took the number of a process for that
// of a thread.
func together() bool {
	r, err := numa.Kernel()
	if err != nil || !r.AtLeast(numa.Release{Major: 6, Minor: 10}) {
		return false
	}
	return features.HaveBPFLinkUprobeMulti() == nil
}

// attachOne attaches to a place in a process's program.
func (t *Tracer) attachOne(program *link.Executable, pid int, p site.Place, cookie uint64) error {
	l, err := program.Uprobe("", t.program(p.Role), &link.UprobeOptions{
		Address: p.Offset, RefCtrOffset: p.Counter, PID: pid, Cookie: cookie,
	})
	if err != nil {
		return explain(fmt.Sprintf("attach to %s of process %d", p.Name, pid), err)
	}
	t.links = append(t.links, l)
	return nil
}

// attachSeveral attaches to all places of a role by one link.
func (t *Tracer) attachSeveral(program *link.Executable, pid int, role site.Role, places []site.Place, cookies []uint64) error {
	o := link.UprobeMultiOptions{PID: uint32(pid)}
	for i, p := range places {
		if p.Role == role {
			o.Addresses = append(o.Addresses, p.Offset)
			o.RefCtrOffsets = append(o.RefCtrOffsets, p.Counter)
			o.Cookies = append(o.Cookies, cookies[i])
		}
	}
	if len(o.Addresses) == 0 {
		return nil
	}
	l, err := program.UprobeMulti(nil, t.program(role), &o)
	if err != nil {
		return explain(fmt.Sprintf("attach to the sites of process %d", pid), err)
	}
	t.links = append(t.links, l)
	return nil
}

// attachAll attaches to places in the program of a process: ends first, for an
// end that is hit before its beginning is attached is nobody's, while a beginning
// without an end would stay open.
func (t *Tracer) attachAll(pid, target int, places []site.Place) error {
	program, err := link.OpenExecutable("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	pairs := pairNumbers(places)
	cookies := make([]uint64, len(places))
	for i, p := range places {
		cookies[i] = uint64(len(t.slots)) | pairs[p.Pair]<<16
		if p.Keyed {
			cookies[i] |= cookieKeyed
		}
		if p.Pair == "call" {
			cookies[i] |= cookieCall
		}
		t.slots = append(t.slots, slot{target, p.Description})
	}
	for _, role := range []site.Role{site.End, site.Instant, site.Begin} {
		if t.multi {
			if err := t.attachSeveral(program, pid, role, places, cookies); err != nil {
				return err
			}
			continue
		}
		for i, p := range places {
			if p.Role == role {
				if err := t.attachOne(program, pid, p, cookies[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// asMulti has programs loaded for links of several probes.
func asMulti(spec *ebpf.CollectionSpec) {
	for _, p := range spec.Programs {
		p.AttachType = ebpf.AttachTraceUprobeMulti
	}
}

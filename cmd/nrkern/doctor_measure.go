package main

import (
	"fmt"
	"syscall"
)

// What makes measurements better, and what tracing needs. None of it keeps a
// machine from starting, so none of it fails.

func judgeClock(f facts) []finding {
	line := finding{Name: "clock", Verdict: fine, Reason: "time stamps from the TSC, which is invariant"}
	if f.source != "" {
		line.Reason += "; Linux uses " + f.source
	}
	if f.clock != "tsc" {
		line.Verdict = warn
		line.Reason = "no invariant TSC: time stamps come from " + f.clock + " and cost five times as much"
		line.Remedy = "show the guest an invariant TSC (flags constant_tsc and nonstop_tsc)"
	} else if f.source != "tsc" && f.source != "" {
		line.Verdict = warn
		line.Remedy = "Linux itself does not trust the TSC here: look for \"clocksource\" in the kernel's log"
	}
	return []finding{line}
}

const (
	tolerableSteal = 0.01 // of the time
	tolerableBusy  = 0.10
)

func judgeNoise(f facts) []finding {
	if f.noiseErr != nil {
		return []finding{{Name: "noise", Verdict: warn, Reason: describe(f.noiseErr), Remedy: "mount proc at /proc"}}
	}
	steal, busy := f.noise.All.StealRatio(), f.noise.All.BusyRatio()
	line := finding{Name: "noise", Verdict: fine, Reason: fmt.Sprintf("in %v the CPUs were busy for %.0f %% and stolen for %.1f %%; load %.2f",
		f.span, 100*busy, 100*steal, f.noise.Load1)}
	switch {
	case steal > tolerableSteal:
		line.Verdict = warn
		line.Remedy = "the host runs other guests on these CPUs: compare only within one run, interleaved, or use dedicated CPUs"
	case busy > tolerableBusy:
		line.Verdict = warn
		line.Remedy = "other programs use the CPUs: end them before measuring"
	}
	return []finding{line}
}

func judgeTuning(f facts) []finding {
	advice := f.tuning.Advice()
	if len(advice) == 0 {
		return []finding{{Name: "tuning", Verdict: fine, Reason: "no setting is known to make measurements vary"}}
	}
	var lines []finding
	for _, text := range advice {
		lines = append(lines, finding{Name: "tuning", Verdict: warn, Reason: text})
	}
	return lines
}

func judgePMU(f facts) []finding {
	line := finding{Name: "pmu", Verdict: fine, Reason: "hardware counters can be read"}
	if f.pmu == nil {
		return []finding{line}
	}
	line.Verdict, line.Reason = warn, "no hardware counters: "+f.pmu.Error()
	switch {
	case isAny(f.pmu, syscall.EACCES, syscall.EPERM):
		line.Remedy = "run as root or with CAP_PERFMON, or: sysctl kernel.perf_event_paranoid=1"
	case isAny(f.pmu, syscall.ENOENT, syscall.EOPNOTSUPP, syscall.ENODEV):
		line.Remedy = "most virtual machines have no PMU: use one that shows it (a metal instance, KVM with -cpu host,pmu=on)"
	default:
		line.Remedy = "use a kernel with CONFIG_PERF_EVENTS"
	}
	if f.software == nil {
		line.Reason += "; software counters can be read"
	}
	return []finding{line}
}

func judgeBPF(f facts) []finding {
	line := finding{Name: "bpf", Verdict: fine, Reason: "BTF, tracefs and kprobes are there"}
	switch {
	case !f.btf:
		line.Verdict, line.Reason = warn, "no /sys/kernel/btf/vmlinux: BPF programs that need its types do not load"
		line.Remedy = "use a kernel with CONFIG_DEBUG_INFO_BTF"
	case !f.tracefs:
		line.Verdict, line.Reason = warn, "BTF is there, but tracefs is not mounted, or not yours to read: no tracepoints"
		line.Remedy = "as root: mount -t tracefs tracefs /sys/kernel/tracing"
	case !f.kprobes:
		line.Verdict, line.Reason = warn, "BTF and tracefs are there, kprobes are not: probes of nrkern and tracepoints work"
		line.Remedy = "use a kernel with CONFIG_KPROBES to probe functions of Linux"
	}
	return []finding{line}
}

func judgeMemlock(f facts) []finding {
	line := finding{Name: "memlock", Verdict: fine}
	const enough = 8 << 20
	switch {
	case f.memlockErr != nil:
		line.Verdict, line.Reason, line.Remedy = warn, f.memlockErr.Error(), "see ulimit -l"
	case f.memlock.Cur < enough:
		line.Verdict = warn
		line.Reason = fmt.Sprintf("%s may be locked; the segment needs none, buffers of counters and probes do", bytesOf(f.memlock.Cur))
		line.Remedy = "ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit"
	case f.memlock.Cur == ^uint64(0):
		line.Reason = "no limit on locked memory"
	default:
		line.Reason = bytesOf(f.memlock.Cur) + " may be locked; the segment needs none"
	}
	return []finding{line}
}

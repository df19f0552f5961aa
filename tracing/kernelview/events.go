package kernelview

// event is something to count, in the order of the enum of kernel.c.
type event struct {
	name string
	ways []way
	// meaning is for people, and says whether the process caused it or met it.
	meaning string
}

// way is one way to attach to an event.
type way struct {
	kind    kind
	program string // in kernel.c
	// group and name of the tracepoint; a raw one has no group. For a function,
	// its name.
	group, name string
	// only says what part of the event this way counts; empty for all.
	only string
}

type kind int

const (
	raw        kind = iota // a raw tracepoint
	typed                  // a raw tracepoint whose arguments have types (tp_btf)
	tracepoint             // a trace event, which needs tracefs
	fentry                 // the beginning of a function, by a trampoline
	kprobe                 // the same, by a breakpoint
)

// String names the way as reports do.
func (w way) String() string {
	switch w.kind {
	case raw:
		return "raw_tp " + w.name
	case typed:
		return "tp_btf " + w.name
	case fentry:
		return "fentry " + w.name
	case kprobe:
		return "kprobe " + w.name
	}
	return "tracepoint " + w.group + ":" + w.name
}

func rawTracepoint(program, name string) way { return way{kind: raw, program: program, name: name} }

func traceEvent(program, group, name string) way {
	return way{kind: tracepoint, program: program, group: group, name: name}
}

// by words what an event means when it is counted by a way.
func (e event) by(w way) string {
	if w.only == "" {
		return e.meaning
	}
	return e.meaning + ", " + w.only
}

// events are what is counted. On older kernels an interrupt between CPUs is seen
// where it arrives only.
func events() []event {
	return []event{
		{"page_faults", []way{
			rawTracepoint("page_faults", "page_fault_user"),
			traceEvent("page_faults_event", "exceptions", "page_fault_user"),
		}, "page faults of user code"},
		{"tlb_flushes", []way{
			rawTracepoint("tlb_flushes", "tlb_flush"),
			traceEvent("tlb_flushes_event", "tlb", "tlb_flush"),
		}, "TLB flushes on the CPU that the process had"},
		{"ipis_sent", []way{
			rawTracepoint("ipis_sent", "ipi_send_cpu"),
			traceEvent("ipis_sent_event", "ipi", "ipi_send_cpu"),
		}, "interrupts that the process had sent to another CPU"},
		{"ipis_reschedule", []way{
			rawTracepoint("ipis_reschedule", "reschedule_entry"),
			traceEvent("ipis_reschedule_event", "irq_vectors", "reschedule_entry"),
		}, "interrupts to reschedule that met the process"},
		{"ipis_call", []way{
			rawTracepoint("ipis_call", "call_function_single_entry"),
			traceEvent("ipis_call_event", "irq_vectors", "call_function_single_entry"),
		}, "interrupts to call a function, TLB shootdowns among them, that met the process"},
		{"context_switches", []way{
			rawTracepoint("switches", "sched_switch"),
			traceEvent("switches_event", "sched", "sched_switch"),
		}, "times a thread left its CPU"},
		{"thread_migrations", []way{
			{kind: typed, program: "threads_migrated_btf", name: "sched_migrate_task"},
			{tracepoint, "threads_migrated", "sched", "sched_migrate_task", "of threads that ran when the tracing began"},
		}, "times Linux put a thread on another CPU"},
		{"page_migrations", []way{
			rawTracepoint("pages_migrated", "mm_migrate_pages"),
		}, "pages that the process had moved between nodes"},
		{"futex_waits", []way{
			traceEvent("futex_waits", "syscalls", "sys_enter_futex"),
			rawTracepoint("futex_waits_raw", "sys_enter"),
		}, "times a thread asked to sleep on a futex"},
		{"tlb_shootdowns", []way{
			{kind: fentry, program: "tlb_shootdowns_fentry", name: "native_flush_tlb_multi"},
			{kind: kprobe, program: "tlb_shootdowns_kprobe", name: "native_flush_tlb_multi"},
		}, "times the process flushed the TLBs of other CPUs"},
	}
}

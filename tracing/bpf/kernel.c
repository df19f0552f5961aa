// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What Linux does for the machine's processes, by its own tracepoints. Raw
// tracepoints where the current task or CPU says all; tracepoints of tracefs
// where a field is needed that only they have.
#include "bpf.h"

char _license[] SEC("license") = "Dual MIT/GPL";

// What is counted. tracing/kernelview/events.go has the same in the same order.
enum {
	PAGE_FAULTS,
	TLB_FLUSHES,
	IPIS_SENT,
	IPIS_RESCHEDULE,
	IPIS_CALL,
	SWITCHES,
	THREADS_MIGRATED,
	PAGES_MIGRATED,
	FUTEX_WAITS,
	TLB_SHOOTDOWNS,
	EVENTS,
};

struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 128);
	TYPE(key, u32);
	TYPE(value, u32);
} targets SEC(".maps");

// Threads of the targets, for events that name a thread.
struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 8192);
	TYPE(key, u32);
	TYPE(value, u32);
} threads SEC(".maps");

struct {
	UINT(type, MAP_PERCPU_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, u32);
	TYPE(value, u64);
} counts SEC(".maps");

// The call that a thread is in; sites.c fills it while calls are traced.
struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 8192);
	TYPE(key, u32);
	TYPE(value, u64);
} doing SEC(".maps");

struct during {
	u32 event;
	u16 node, code; // service in the high half of code
};

struct {
	UINT(type, MAP_PERCPU_HASH);
	UINT(max_entries, 16384);
	TYPE(key, struct during);
	TYPE(value, u64);
} by_operation SEC(".maps");

// Events of calls of which by_operation had no room for another kind.
struct {
	UINT(type, MAP_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, u32);
	TYPE(value, u64);
} unplaced SEC(".maps");

static ALWAYS_INLINE void count_during(u64 call, u32 event, u64 n)
{
	struct during key = {.event = event, .node = (call >> 48) & 0xff, .code = call};
	u64 *c = map_lookup(&by_operation, &key);
	if (!c) {
		u64 none = 0;
		map_update(&by_operation, &key, &none, NOEXIST);
		c = map_lookup(&by_operation, &key);
	}
	u32 first = 0;
	if (!c)
		c = map_lookup(&unplaced, &first);
	if (c)
		add(c, n);
}

static ALWAYS_INLINE void count(u32 target, u32 tid, u32 event, u64 n)
{
	u32 index = target * EVENTS + event;
	u64 *c = map_lookup(&counts, &index);
	if (c)
		add(c, n);
	u64 *call = map_lookup(&doing, &tid);
	if (call)
		count_during(*call, event, n);
}

static ALWAYS_INLINE int count_current(u32 event, u64 n)
{
	u64 id = pid_tgid();
	u32 tgid = id >> 32;
	u32 *target = map_lookup(&targets, &tgid);
	if (target)
		count(*target, id, event, n);
	return 0;
}

struct raw {
	u64 args[4];
};

// The same, where only a trace event can be attached to.
#define EVENT(name, what) \
	SEC("tracepoint") int name(void *ctx) { return count_current(what, 1); }
EVENT(page_faults_event, PAGE_FAULTS)
EVENT(tlb_flushes_event, TLB_FLUSHES)
EVENT(ipis_sent_event, IPIS_SENT)
EVENT(ipis_reschedule_event, IPIS_RESCHEDULE)
EVENT(ipis_call_event, IPIS_CALL)
EVENT(switches_event, SWITCHES)

SEC("raw_tp")
int page_faults(void *ctx) { return count_current(PAGE_FAULTS, 1); }

SEC("raw_tp")
int tlb_flushes(void *ctx) { return count_current(TLB_FLUSHES, 1); }

SEC("raw_tp")
int ipis_sent(void *ctx) { return count_current(IPIS_SENT, 1); }

// The task that was running when the interrupt came.
SEC("raw_tp")
int ipis_reschedule(void *ctx) { return count_current(IPIS_RESCHEDULE, 1); }

SEC("raw_tp")
int ipis_call(void *ctx) { return count_current(IPIS_CALL, 1); }

// The task that leaves the CPU.
SEC("raw_tp")
int switches(void *ctx) { return count_current(SWITCHES, 1); }

SEC("raw_tp")
int pages_migrated(struct raw *ctx) { return count_current(PAGES_MIGRATED, ctx->args[0]); }

// struct task_struct, as far as we look; the loader finds the fields.
struct task_struct {
	s32 pid, tgid;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_migrate_task")
int threads_migrated_btf(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	u32 tgid = task->tgid;
	u32 *target = map_lookup(&targets, &tgid);
	if (target)
		count(*target, task->pid, THREADS_MIGRATED, 1);
	return 0;
}

// /sys/kernel/tracing/events/sched/sched_migrate_task/format
struct migrate {
	u64 head;
	char comm[16];
	s32 pid, prio, from, to;
};

SEC("tracepoint")
int threads_migrated(struct migrate *ctx)
{
	u32 tid = ctx->pid;
	u32 *target = map_lookup(&threads, &tid);
	if (target)
		count(*target, tid, THREADS_MIGRATED, 1);
	return 0;
}

// /sys/kernel/tracing/events/syscalls/sys_enter_futex/format
struct futex {
	u64 head;
	u64 nr, word, op;
};

static ALWAYS_INLINE int count_futex(u64 op)
{
	op &= 127;
	if (op == 0 || op == 9) // FUTEX_WAIT, FUTEX_WAIT_BITSET
		count_current(FUTEX_WAITS, 1);
	return 0;
}

SEC("tracepoint")
int futex_waits(struct futex *ctx) { return count_futex(ctx->op); }

// Without tracefs: the entry of every system call, of which we take ours.
SEC("raw_tp")
int futex_waits_raw(struct raw *ctx)
{
	u32 tgid = pid_tgid() >> 32;
	struct registers regs;
	if (ctx->args[1] != 202 || !map_lookup(&targets, &tgid) || read_kernel(&regs, sizeof(regs), (void *)ctx->args[0]))
		return 0;
	return count_futex(regs.si);
}

// Linux has no tracepoint where a process flushes the TLBs of other CPUs: at the
// function's beginning, by fentry or by a kprobe.
SEC("fentry")
int tlb_shootdowns_fentry(void *ctx) { return count_current(TLB_SHOOTDOWNS, 1); }

SEC("kprobe")
int tlb_shootdowns_kprobe(void *ctx) { return count_current(TLB_SHOOTDOWNS, 1); }

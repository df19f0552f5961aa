// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The programs behind the probe sites of tracing/site. A uprobe may be
// preempted between two instructions, so what is counted is added atomically
// though the maps are per CPU: the sums are exact.
#include "bpf.h"

char _license[] SEC("license") = "Dual MIT/GPL";

// Set before loading.
const volatile u32 emit = 0;   // hits go to the ring buffer too
const volatile u32 values = 0; // counters read at begin and end, at most VALUES
const volatile u32 follow = 0; // kernel.c asks which call a thread is in

#define VALUES 4
#define BUCKETS 168 // of durations: four to a power of two, up to 2^42 ns

// A cookie: slot in bits 0-15, pair in 16-23, flags from 24 on.
#define SLOT(cookie) ((u32)(cookie)&0xffff)
#define PAIR(cookie) ((u32)((cookie) >> 16) & 0xff)
#define KEYED (1 << 24) // by AX but its low 16 bits, else by the goroutine
#define CALL (1 << 25)  // AX has the node, the service and the code

struct tally {
	u64 hits, size;
	u64 pairs, ns, longest, unpaired;
	u64 valued, moved, multiplexed, uncounted;
	u64 sums[VALUES];
	u64 buckets[BUCKETS];
};

struct open_key {
	u64 who;
	u32 tgid, pair;
};

struct opened {
	u64 at, size, ax;
	u32 cpu, known, tid, reserved;
	u64 counts[VALUES];
};

struct operation_key {
	u32 tgid;
	u16 node, code; // service in the high half of code
};

struct operation {
	u64 calls, ns, longest;
	u64 valued;
	u64 sums[VALUES];
};

struct hit {
	u64 at;
	u32 tgid, tid;
	u16 slot, cpu;
	u32 reserved;
	u64 who, number, size, more;
};

struct counter_value {
	u64 counter, enabled, running;
};

struct {
	UINT(type, MAP_PERCPU_ARRAY);
	UINT(max_entries, 1);
	TYPE(key, u32);
	TYPE(value, struct tally);
} tallies SEC(".maps");

struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 1 << 16);
	TYPE(key, struct open_key);
	TYPE(value, struct opened);
} opened SEC(".maps");

struct {
	UINT(type, MAP_PERCPU_HASH);
	UINT(max_entries, 4096);
	TYPE(key, struct operation_key);
	TYPE(value, struct operation);
} operations SEC(".maps");

// The call that a thread is in, by its AX: of several that are outstanding, the
// one that began last.
struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 8192);
	TYPE(key, u32);
	TYPE(value, u64);
} doing SEC(".maps");

struct {
	UINT(type, MAP_RINGBUF);
	UINT(max_entries, 1 << 22);
} hits SEC(".maps");

// The first index of a thread's counters in the array after it.
struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 4096);
	TYPE(key, u32);
	TYPE(value, u32);
} threads SEC(".maps");

struct {
	UINT(type, MAP_PERF_EVENT_ARRAY);
	UINT(max_entries, 4096 * VALUES);
	UINT(key_size, 4);
	UINT(value_size, 4);
} counters SEC(".maps");

enum { LOST_HITS, LOST_OPEN, LOST_OPERATIONS, LOST_REASONS };

struct {
	UINT(type, MAP_ARRAY);
	UINT(max_entries, LOST_REASONS);
	TYPE(key, u32);
	TYPE(value, u64);
} lost SEC(".maps");

static ALWAYS_INLINE void lose(u32 reason)
{
	u64 *n = map_lookup(&lost, &reason);
	if (n)
		add(n, 1);
}

// log2 without a branch tree would need a newer instruction set.
static ALWAYS_INLINE u32 log2_of(u64 v)
{
	u32 r = 0;
	if (v >> 32) { v >>= 32; r += 32; }
	if (v >> 16) { v >>= 16; r += 16; }
	if (v >> 8) { v >>= 8; r += 8; }
	if (v >> 4) { v >>= 4; r += 4; }
	if (v >> 2) { v >>= 2; r += 2; }
	return r + (u32)(v >> 1);
}

static ALWAYS_INLINE u64 bucket_of(u64 ns)
{
	u64 b = ns;
	if (ns >= 4) {
		u32 l = log2_of(ns);
		b = l * 4 + ((ns >> (l - 2)) & 3);
	}
	// The bound is of the register that is the index: the verifier of Linux 6.1
	// does not see it through a copy.
	asm volatile("" : "+r"(b));
	return b < BUCKETS ? b : BUCKETS - 1;
}

static ALWAYS_INLINE void show(struct registers *ctx, u32 slot, u64 at)
{
	if (!emit)
		return;
	struct hit *h = ring_reserve(&hits, sizeof(*h), 0);
	if (!h) {
		lose(LOST_HITS);
		return;
	}
	u64 id = pid_tgid();
	h->at = at;
	h->tgid = id >> 32;
	h->tid = id;
	h->slot = slot;
	h->cpu = cpu_id();
	h->reserved = 0;
	h->who = ctx->ax;
	h->number = ctx->bx;
	h->size = ctx->cx;
	h->more = ctx->di;
	ring_submit(h, 0);
}

static ALWAYS_INLINE struct tally *tally_of(u64 cookie)
{
	u32 slot = SLOT(cookie);
	return map_lookup(&tallies, &slot);
}

static ALWAYS_INLINE struct open_key key_of(struct registers *ctx, u64 cookie)
{
	struct open_key k = {
		.who = cookie & KEYED ? ctx->ax & ~0xffffULL : ctx->r14,
		.tgid = pid_tgid() >> 32,
		.pair = PAIR(cookie),
	};
	return k;
}

// read_values reads the thread's counters, and returns how many it has: what
// could not be read, or was not counting all the time, is in *not.
static ALWAYS_INLINE u32 read_values(u64 counts[VALUES], u32 *multiplexed)
{
	u32 tid = pid_tgid();
	u32 *first = map_lookup(&threads, &tid);
	if (!first)
		return 0;
	u32 known = 0;
	for (u32 i = 0; i < VALUES; i++) {
		counts[i] = 0;
		if (i >= values)
			continue;
		struct counter_value v = {};
		if (read_counter(&counters, *first + i, &v, sizeof(v)))
			return 0;
		counts[i] = v.counter;
		if (v.running < v.enabled)
			*multiplexed = 1;
		known = 1;
	}
	return known;
}

SEC("uprobe")
int instant(struct registers *ctx)
{
	u64 cookie = attach_cookie(ctx);
	struct tally *t = tally_of(cookie);
	if (!t)
		return 0;
	add(&t->hits, 1);
	add(&t->size, ctx->cx);
	show(ctx, SLOT(cookie), ktime());
	return 0;
}

SEC("uprobe")
int begin(struct registers *ctx)
{
	u64 cookie = attach_cookie(ctx);
	struct tally *t = tally_of(cookie);
	if (!t)
		return 0;
	add(&t->hits, 1);
	add(&t->size, ctx->cx);
	struct open_key k = key_of(ctx, cookie);
	struct opened o = {.size = ctx->cx, .ax = ctx->ax, .cpu = cpu_id(), .tid = pid_tgid()};
	if (follow && (cookie & CALL) && map_update(&doing, &o.tid, &o.ax, ANY))
		lose(LOST_OPEN);
	u32 multiplexed = 0;
	if (values)
		o.known = read_values(o.counts, &multiplexed);
	o.at = ktime(); // last, as it is first in the end: our own time is not the span's
	show(ctx, SLOT(cookie), o.at);
	if (map_update(&opened, &k, &o, ANY))
		lose(LOST_OPEN);
	return 0;
}

static ALWAYS_INLINE void tell_operation(struct tally *t, struct opened *o, struct open_key *k, u64 ns, u32 valued, u64 deltas[VALUES])
{
	struct operation_key key = {.tgid = k->tgid, .node = (o->ax >> 48) & 0xff, .code = o->ax};
	struct operation *op = map_lookup(&operations, &key);
	if (!op) {
		struct operation fresh = {};
		map_update(&operations, &key, &fresh, NOEXIST);
		op = map_lookup(&operations, &key);
		if (!op) {
			lose(LOST_OPERATIONS);
			return;
		}
	}
	add(&op->calls, 1);
	add(&op->ns, ns);
	if (ns > op->longest)
		op->longest = ns;
	if (!valued)
		return;
	add(&op->valued, 1);
	for (u32 i = 0; i < VALUES; i++)
		add(&op->sums[i], deltas[i]);
}

SEC("uprobe")
int end(struct registers *ctx)
{
	u64 at = ktime();
	u64 cookie = attach_cookie(ctx);
	struct tally *t = tally_of(cookie);
	if (!t)
		return 0;
	add(&t->hits, 1);
	struct open_key k = key_of(ctx, cookie);
	struct opened *o = map_lookup(&opened, &k);
	if (!o) {
		add(&t->unpaired, 1);
		show(ctx, SLOT(cookie), at);
		return 0;
	}
	if (follow && (cookie & CALL)) {
		u64 *call = map_lookup(&doing, &o->tid);
		if (call && *call == o->ax)
			map_delete(&doing, &o->tid);
	}
	u64 ns = at - o->at;
	u64 counts[VALUES] = {};
	u32 valued = 0, multiplexed = 0;
	if (values) {
		if (o->cpu != cpu_id()) {
			add(&t->moved, 1);
		} else if (!o->known || !read_values(counts, &multiplexed)) {
			add(&t->uncounted, 1);
		} else {
			valued = 1;
			add(&t->valued, 1);
			if (multiplexed)
				add(&t->multiplexed, 1);
			for (u32 i = 0; i < VALUES; i++) {
				counts[i] -= o->counts[i];
				add(&t->sums[i], counts[i]);
			}
		}
	}
	add(&t->pairs, 1);
	add(&t->size, o->size);
	add(&t->ns, ns);
	if (ns > t->longest)
		t->longest = ns;
	add(&t->buckets[bucket_of(ns)], 1);
	if (cookie & CALL)
		tell_operation(t, o, &k, ns, valued, counts);
	map_delete(&opened, &k);
	show(ctx, SLOT(cookie), at);
	return 0;
}

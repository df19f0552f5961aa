// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What our BPF programs need of Linux's interface, and no more: types, the
// declarations of maps as BTF, and the helpers by number (linux/bpf.h).
#ifndef NRKERN_BPF_H
#define NRKERN_BPF_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define ALWAYS_INLINE inline __attribute__((always_inline))

#define UINT(name, value) int (*name)[value]
#define TYPE(name, type) type *name

enum {
	MAP_HASH = 1,
	MAP_ARRAY = 2,
	MAP_PERF_EVENT_ARRAY = 4,
	MAP_PERCPU_HASH = 5,
	MAP_PERCPU_ARRAY = 6,
	MAP_STACK_TRACE = 7,
	MAP_RINGBUF = 27,
};

enum { ANY = 0, NOEXIST = 1 };

static void *(*const map_lookup)(void *map, const void *key) = (void *)1;
static long (*const map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const map_delete)(void *map, const void *key) = (void *)3;
static u64 (*const ktime)(void) = (void *)5;
static u32 (*const cpu_id)(void) = (void *)8;
static u64 (*const pid_tgid)(void) = (void *)14;
static long (*const stack_id)(void *ctx, void *map, u64 flags) = (void *)27;
static long (*const read_counter)(void *map, u64 index, void *value, u32 size) = (void *)55;
static long (*const read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static void *(*const ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*const ring_submit)(void *data, u64 flags) = (void *)132;
static u64 (*const attach_cookie)(void *ctx) = (void *)174;

// The registers of x86-64 as a uprobe finds them (struct pt_regs).
struct registers {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	u64 orig_ax, ip, cs, flags, sp, ss;
};

static ALWAYS_INLINE void add(u64 *counter, u64 n) { __sync_fetch_and_add(counter, n); }

#endif

// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where the machine's threads spend their time: user stacks at a clock's ticks.
#include "bpf.h"

char _license[] SEC("license") = "Dual MIT/GPL";

#define USER_STACK (1ULL << 8)

struct stack_key {
	u32 tgid;
	s32 stack;
};

struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 128);
	TYPE(key, u32);
	TYPE(value, u32);
} targets SEC(".maps");

struct {
	UINT(type, MAP_STACK_TRACE);
	UINT(max_entries, 16384);
	UINT(key_size, 4);
	UINT(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
	UINT(type, MAP_HASH);
	UINT(max_entries, 32768);
	TYPE(key, struct stack_key);
	TYPE(value, u64);
} samples SEC(".maps");

enum { LOST_STACK, LOST_SAMPLE, LOST_REASONS };

struct {
	UINT(type, MAP_ARRAY);
	UINT(max_entries, LOST_REASONS);
	TYPE(key, u32);
	TYPE(value, u64);
} lost SEC(".maps");

SEC("perf_event")
int sample(void *ctx)
{
	u32 tgid = pid_tgid() >> 32;
	if (!map_lookup(&targets, &tgid))
		return 0;
	struct stack_key k = {.tgid = tgid, .stack = stack_id(ctx, &stacks, USER_STACK)};
	u32 reason = LOST_STACK;
	u64 *n;
	if (k.stack >= 0) {
		u64 none = 0;
		map_update(&samples, &k, &none, NOEXIST);
		if ((n = map_lookup(&samples, &k))) {
			add(n, 1);
			return 0;
		}
		reason = LOST_SAMPLE;
	}
	if ((n = map_lookup(&lost, &reason)))
		add(n, 1);
	return 0;
}

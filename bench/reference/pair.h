/* What the workloads of the reference share: two pinned threads that work
 * until a deadline, waiting as nrkern's dedicated policy does, and the request
 * that named the workload. */
#ifndef PAIR_H
#define PAIR_H

#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <x86intrin.h>

/* Words that two threads write are this far apart: the prefetcher of current
 * x86 cores fetches lines in pairs. */
#define LINE 128

struct line {
	_Alignas(LINE) _Atomic uint64_t word;
};

/* A slot is one cache line: a header, written last, and seven words. */
#define WORDS 7
struct slot {
	_Alignas(64) _Atomic uint64_t header;
	uint64_t payload[WORDS];
};

/* A workload is what the two threads do. work returns the operations it counts
 * and runs until the time stamp counter reaches until; it is called twice, for
 * warm-up and for the measurement. idle is called again and again by a thread
 * that has finished while the other has not, unless it is NULL. */
struct workload {
	const char *name;
	void *(*make)(uint64_t argument);
	uint64_t (*work)(void *state, int who, uint64_t until);
	void (*idle)(void *state, int who);
};

extern const struct workload line_pingpong, ump_roundtrip, ump_stream, log_append, partitioned_calls;

/* shared returns zeroed, aligned memory that no other allocation shares lines
 * with. It ends the process when there is none. */
void *shared(size_t size);

/* A wait spins 64 times with a PAUSE, then yields. */
struct wait {
	unsigned turns;
};

static inline void wait_once(struct wait *w)
{
	if (++w->turns <= 64)
		_mm_pause();
	else
		sched_yield();
}

/* random_next is wyrand, as package workload has it. */
static inline uint64_t random_next(uint64_t *state)
{
	*state += 0xa0761d6478bd642full;
	unsigned __int128 product = (unsigned __int128)*state * (*state ^ 0xe7037ed1a0b428dbull);
	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

#endif

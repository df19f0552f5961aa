/* ump and stream: 64-byte messages between two threads, there and back, and as
 * many as will go one way. The argument is the number of slots of a ring. */
#include "ump.h"

/* The first word of a message that ends a phase. */
#define LAST UINT64_MAX

struct ump_state {
	struct ump ends[2];
	struct line sink[2]; /* keeps the compiler from dropping the reads */
	struct slot slots[];
};

static void *ump_make(uint64_t ring)
{
	struct ump_state *s = shared(sizeof *s + 2 * ring * sizeof(struct slot));
	ump_open(&s->ends[0], s->slots, s->slots + ring, ring);
	ump_open(&s->ends[1], s->slots + ring, s->slots, ring);
	return s;
}

static inline void fill(uint64_t *p, uint64_t n)
{
	for (int i = 0; i < WORDS; i++)
		p[i] = n + (uint64_t)i;
}

static inline uint64_t sum(const uint64_t *p)
{
	uint64_t n = 0;
	for (int i = 0; i < WORDS; i++)
		n += p[i];
	return n;
}

static inline const uint64_t *await(struct ump *c)
{
	const uint64_t *p = ump_receive(c);
	for (struct wait w = {0}; p == NULL; p = ump_receive(c))
		wait_once(&w);
	return p;
}

static void send(struct ump *c, uint64_t n)
{
	for (struct wait w = {0}; !ump_credit(c); wait_once(&w))
		ump_receive(c);
	fill(ump_fill(c), n);
	ump_send(c);
}

static uint64_t roundtrip_work(void *state, int who, uint64_t until)
{
	struct ump_state *s = state;
	struct ump *c = &s->ends[who];
	uint64_t n = 0, total = 0;
	for (;;) {
		bool last = who == 0 && n % 32 == 0 && __rdtsc() >= until;
		if (who == 0)
			send(c, last ? LAST : n);
		const uint64_t *p = await(c);
		uint64_t first = p[0];
		total += sum(p);
		ump_release(c);
		if (who == 1) {
			send(c, first);
			last = first == LAST;
		}
		if (last)
			break;
		n++;
	}
	atomic_store_explicit(&s->sink[who].word, total, memory_order_relaxed);
	return who == 0 ? n : 0;
}

static uint64_t stream_work(void *state, int who, uint64_t until)
{
	struct ump_state *s = state;
	struct ump *c = &s->ends[who];
	uint64_t n = 0, total = 0;
	if (who == 0) {
		for (; n % 256 != 0 || __rdtsc() < until; n++)
			send(c, n);
		send(c, LAST);
		return n;
	}
	for (;;) {
		const uint64_t *p = await(c);
		uint64_t first = p[0];
		total += sum(p);
		ump_release(c);
		if (first == LAST)
			break;
	}
	atomic_store_explicit(&s->sink[who].word, total, memory_order_relaxed);
	return 0;
}

const struct workload ump_roundtrip = {"ump", ump_make, roundtrip_work, NULL};
const struct workload ump_stream = {"stream", ump_make, stream_work, NULL};

/* line: one cache line that two threads write in turn. One operation is a
 * round trip: the least that any exchange between the two CPUs can take. */
#include "pair.h"

struct line_state {
	struct line turn; /* even: thread 0's turn, odd: thread 1's */
	struct line end;  /* the value of turn at which a phase is over */
};

static void *line_make(uint64_t argument)
{
	(void)argument;
	return shared(sizeof(struct line_state));
}

static uint64_t line_lead(struct line_state *s, uint64_t until)
{
	uint64_t turn = atomic_load_explicit(&s->turn.word, memory_order_relaxed), n = 0;
	while (n % 32 != 0 || __rdtsc() < until) {
		atomic_store_explicit(&s->turn.word, turn + 1, memory_order_release);
		struct wait w = {0};
		while (atomic_load_explicit(&s->turn.word, memory_order_acquire) != turn + 2)
			wait_once(&w);
		turn += 2;
		n++;
	}
	/* One more turn, with which the other leaves this phase. */
	atomic_store_explicit(&s->end.word, turn + 1, memory_order_release);
	atomic_store_explicit(&s->turn.word, turn + 1, memory_order_release);
	while (atomic_load_explicit(&s->turn.word, memory_order_acquire) != turn + 2)
		sched_yield();
	return n;
}

static uint64_t line_follow(struct line_state *s)
{
	uint64_t turn = atomic_load_explicit(&s->turn.word, memory_order_relaxed) & ~(uint64_t)1;
	for (;;) {
		struct wait w = {0};
		while (atomic_load_explicit(&s->turn.word, memory_order_acquire) != turn + 1)
			wait_once(&w);
		bool last = atomic_load_explicit(&s->end.word, memory_order_relaxed) == turn + 1;
		atomic_store_explicit(&s->turn.word, turn + 2, memory_order_release);
		turn += 2;
		if (last)
			return 0;
	}
}

static uint64_t line_work(void *state, int who, uint64_t until)
{
	return who == 0 ? line_lead(state, until) : line_follow(state);
}

const struct workload line_pingpong = {"line", line_make, line_work, NULL};

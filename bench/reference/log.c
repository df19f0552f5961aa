/* log: both threads append batches to one circular log and read what the other
 * appended: node replication (Calciu et al., ASPLOS'17) with nothing to apply.
 * The argument is the number of entries of a batch; one operation is an entry.
 *
 * The words are those of package nrkernel: tail by one exchange a batch, each
 * entry's header is its index + 1 and written last, ctail by exchange, ltail a
 * thread. */
#include "pair.h"

#define LOG_SLOTS 32768

struct log_state {
	struct line tail, ctail, ltail[2], sink[2];
	struct {
		_Alignas(LINE) uint64_t applied, limit;
	} own[2];
	uint64_t batch;
	struct slot slots[LOG_SLOTS];
};

static void *log_make(uint64_t batch)
{
	struct log_state *s = shared(sizeof *s);
	s->batch = batch == 0 || batch > LOG_SLOTS / 4 ? 1 : batch;
	s->own[0].limit = s->own[1].limit = LOG_SLOTS;
	return s;
}

/* consume reads the entries up to an index and says so. */
static uint64_t consume(struct log_state *s, int who, uint64_t own, uint64_t to)
{
	uint64_t total = 0, at = s->own[who].applied;
	for (; at < to; at++) {
		if (at == own) {
			at = to - 1; /* the batch that this thread has just written */
			continue;
		}
		struct slot *e = &s->slots[at % LOG_SLOTS];
		for (struct wait w = {0}; atomic_load_explicit(&e->header, memory_order_acquire) != at + 1;)
			wait_once(&w);
		for (int i = 0; i < WORDS; i++)
			total += e->payload[i];
	}
	s->own[who].applied = to;
	uint64_t c = atomic_load_explicit(&s->ctail.word, memory_order_acquire);
	while (c < to && !atomic_compare_exchange_weak(&s->ctail.word, &c, to))
		;
	atomic_store_explicit(&s->ltail[who].word, to, memory_order_release);
	return total;
}

static void log_idle(void *state, int who)
{
	struct log_state *s = state;
	uint64_t tail = atomic_load_explicit(&s->tail.word, memory_order_acquire);
	if (s->own[who].applied < tail)
		consume(s, who, UINT64_MAX, tail);
}

static uint64_t reserve(struct log_state *s, int who)
{
	uint64_t tail = atomic_load_explicit(&s->tail.word, memory_order_acquire);
	for (;;) {
		for (struct wait w = {0}; tail + s->batch > s->own[who].limit; wait_once(&w)) {
			/* limit is what the slower ltail allows, when last looked. */
			log_idle(s, who);
			uint64_t a = atomic_load_explicit(&s->ltail[0].word, memory_order_acquire);
			uint64_t b = atomic_load_explicit(&s->ltail[1].word, memory_order_acquire);
			s->own[who].limit = (a < b ? a : b) + LOG_SLOTS;
		}
		if (atomic_compare_exchange_strong(&s->tail.word, &tail, tail + s->batch))
			return tail;
	}
}

static uint64_t log_work(void *state, int who, uint64_t until)
{
	struct log_state *s = state;
	uint64_t n = 0, total = 0, batch = s->batch;
	for (uint64_t turn = 0; turn % 16 != 0 || __rdtsc() < until; turn++) {
		uint64_t start = reserve(s, who);
		for (uint64_t at = start; at < start + batch; at++) {
			struct slot *e = &s->slots[at % LOG_SLOTS];
			for (int i = 0; i < WORDS; i++)
				e->payload[i] = at + (uint64_t)i;
			atomic_store_explicit(&e->header, at + 1, memory_order_release);
		}
		total += consume(s, who, start, start + batch);
		n += batch;
	}
	atomic_store_explicit(&s->sink[who].word, total, memory_order_relaxed);
	return n;
}

const struct workload log_append = {"log", log_make, log_work, log_idle};

/* partitioned: 50,000 uniform keys dealt out to two threads, one operation in
 * ten a write. An operation on a key of the caller's is executed at once, any
 * other is a 64-byte request to its owner and a 64-byte answer back. The
 * argument is the number of operations that a thread keeps outstanding. */
#include "ump.h"

#define KEYS 50000u
#define TABLE 131072u /* entries of a table */
#define RING 512u
#define MAX_WINDOW 256u

enum { OP_PUT = 1, OP_GET = 0x81, OP_ANSWER = 0x100 };

struct entry {
	uint64_t key, value; /* key + 1, so that zeroed memory is empty */
};

struct node {
	struct ump channel;
	uint64_t random, window, failures;
	uint64_t busy;               /* places outstanding */
	uint64_t free[MAX_WINDOW];   /* stack of free places */
	uint64_t wanted[MAX_WINDOW]; /* key of each outstanding get, or UINT64_MAX */
	struct entry table[TABLE];
};

struct partitioned_state {
	struct node nodes[2];
	struct slot slots[2 * RING];
};

static inline struct entry *find(struct node *n, uint64_t key)
{
	uint64_t i = key * 0x9e3779b97f4a7c15ull >> 47;
	while (n->table[i].key != key + 1 && n->table[i].key != 0)
		i = (i + 1) % TABLE;
	return &n->table[i];
}

static void *partitioned_make(uint64_t window)
{
	struct partitioned_state *s = shared(sizeof *s);
	window = window == 0 ? 1 : window > MAX_WINDOW ? MAX_WINDOW : window;
	for (int who = 0; who < 2; who++) {
		struct node *n = &s->nodes[who];
		ump_open(&n->channel, s->slots + who * RING, s->slots + (1 - who) * RING, RING);
		n->random = 88172645463325252ull * (uint64_t)(who + 1);
		n->window = window;
		for (uint64_t i = 0; i < window; i++)
			n->free[i] = i;
	}
	for (uint64_t key = 0; key < KEYS; key++)
		*find(&s->nodes[key & 1], key) = (struct entry){key + 1, key};
	return s;
}

/* execute runs one operation on a key of this node. */
static inline uint64_t execute(struct node *n, uint64_t code, uint64_t key, uint64_t value)
{
	struct entry *e = find(n, key);
	if (code == OP_GET)
		return e->value;
	e->value = value;
	return 0;
}

/* check counts an answer to a get that names another key. */
static inline void check(struct node *n, uint64_t wanted, uint64_t got)
{
	if (wanted != UINT64_MAX && (uint32_t)got != (uint32_t)wanted)
		n->failures++;
}

/* turn handles what has arrived; it returns the operations that finished. */
static uint64_t turn(struct node *n)
{
	uint64_t finished = 0;
	const uint64_t *p;
	while ((p = ump_receive(&n->channel)) != NULL) {
		uint64_t code = p[0] & 0xfff, place = p[0] >> 16;
		if (code == OP_ANSWER) {
			check(n, n->wanted[place], p[2]);
			ump_release(&n->channel);
			n->free[--n->busy] = place;
			finished++;
			continue;
		}
		/* The rings hold more than two windows and their answers. */
		uint64_t *a = ump_fill(&n->channel);
		a[2] = execute(n, code, p[1], p[2]);
		a[0] = OP_ANSWER | place << 16;
		a[1] = a[3] = a[4] = a[5] = a[6] = 0;
		ump_release(&n->channel);
		ump_send(&n->channel);
	}
	return finished;
}

static uint64_t partitioned_work(void *state, int who, uint64_t until)
{
	struct partitioned_state *s = state;
	struct node *n = &s->nodes[who];
	uint64_t done = 0, eager = n->window < 4 ? 1 : n->window / 4;
	for (uint64_t loop = 0; loop % 32 != 0 || __rdtsc() < until; loop++) {
		for (uint64_t fresh = 0; n->busy < n->window && fresh < eager;) {
			uint64_t r = random_next(&n->random);
			uint64_t key = (uint64_t)((unsigned __int128)r * KEYS >> 64);
			uint64_t code = (uint32_t)r < 429496730u ? OP_PUT : OP_GET;
			uint64_t value = r << 32 | key;
			if ((key & 1) == (uint64_t)who) {
				uint64_t got = execute(n, code, key, value);
				check(n, code == OP_GET ? key : UINT64_MAX, got);
				done++;
				continue;
			}
			uint64_t place = n->free[n->busy++];
			n->wanted[place] = code == OP_GET ? key : UINT64_MAX;
			uint64_t *p = ump_fill(&n->channel);
			p[0] = code | place << 16, p[1] = key, p[2] = value;
			p[3] = p[4] = p[5] = p[6] = 0;
			ump_send(&n->channel);
			fresh++;
		}
		uint64_t finished = turn(n);
		for (struct wait w = {0}; finished == 0 && n->busy == n->window; finished = turn(n))
			wait_once(&w);
		done += finished;
	}
	if (n->failures != 0)
		abort();
	return done;
}

static void partitioned_idle(void *state, int who)
{
	turn(&((struct partitioned_state *)state)->nodes[who]);
}

const struct workload partitioned_calls = {"partitioned", partitioned_make, partitioned_work, partitioned_idle};

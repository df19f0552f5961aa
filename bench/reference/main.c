/* The reference: what C does with the same cache lines, on the same two CPUs.
 *
 * One request a line on stdin, one answer a line on stdout:
 *
 *	NAME CPU CPU WARMUP_NS DURATION_NS ARGUMENT
 *	OPERATIONS ELAPSED_NS PREEMPTIONS
 *
 * or "error: ...". The process ends with its input. */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const struct workload *const workloads[] = {
	&line_pingpong, &ump_roundtrip, &ump_stream, &log_append, &partitioned_calls,
};

static double ticks_per_ns;

struct run {
	const struct workload *workload;
	void *state;
	uint64_t warmup, duration; /* ticks */
	struct line arrived, start, finished;
};

struct side {
	struct run *run;
	int who, cpu, error;
	uint64_t operations, began, ended; /* ticks */
	long preempted;
};

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void *shared(size_t size)
{
	size = (size + 4095) & ~(size_t)4095;
	void *p = aligned_alloc(4096, size);
	if (p == NULL) {
		printf("error: no memory for %zu bytes\n", size);
		exit(1);
	}
	return memset(p, 0, size);
}

static long preemptions(void)
{
	struct rusage u;
	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nivcsw;
}

static void *side_main(void *argument)
{
	struct side *s = argument;
	struct run *r = s->run;
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(s->cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) != 0)
		s->error = errno;

	if (atomic_fetch_add(&r->arrived.word, 1) == 1)
		atomic_store(&r->start.word, __rdtsc());
	struct wait w = {0};
	while (atomic_load(&r->start.word) == 0)
		wait_once(&w);

	uint64_t measured = atomic_load(&r->start.word) + r->warmup;
	r->workload->work(r->state, s->who, measured);
	long before = preemptions();
	s->began = __rdtsc();
	s->operations = r->workload->work(r->state, s->who, measured + r->duration);
	s->ended = __rdtsc();
	s->preempted = preemptions() - before;

	atomic_fetch_add(&r->finished.word, 1);
	while (atomic_load(&r->finished.word) < 2) {
		if (r->workload->idle != NULL)
			r->workload->idle(r->state, s->who);
		sched_yield();
	}
	return NULL;
}

static void run_pair(const struct workload *w, int cpus[2], uint64_t warmup, uint64_t duration, uint64_t argument)
{
	struct run *r = shared(sizeof *r);
	struct side sides[2];
	pthread_t threads[2];
	r->workload = w;
	r->state = w->make(argument);
	r->warmup = (uint64_t)((double)warmup * ticks_per_ns);
	r->duration = (uint64_t)((double)duration * ticks_per_ns);
	for (int i = 0; i < 2; i++) {
		sides[i] = (struct side){.run = r, .who = i, .cpu = cpus[i]};
		int error = pthread_create(&threads[i], NULL, side_main, &sides[i]);
		if (error != 0) {
			printf("error: no thread: %s\n", strerror(error));
			exit(1);
		}
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		if (sides[i].error != 0) {
			printf("error: pin to CPU %d: %s\n", sides[i].cpu, strerror(sides[i].error));
			goto done;
		}
	}
	uint64_t began = sides[0].began < sides[1].began ? sides[0].began : sides[1].began;
	uint64_t ended = sides[0].ended > sides[1].ended ? sides[0].ended : sides[1].ended;
	printf("%" PRIu64 " %.0f %ld\n", sides[0].operations + sides[1].operations,
	       (double)(ended - began) / ticks_per_ns, sides[0].preempted + sides[1].preempted);
done:
	free(r->state);
	free(r);
}

/* calibrate compares the time stamp counter with the kernel's clock. */
static void calibrate(void)
{
	const struct timespec span = {.tv_nsec = 20000000};
	uint64_t t0 = now_ns(), c0 = __rdtsc();
	nanosleep(&span, NULL);
	uint64_t t1 = now_ns(), c1 = __rdtsc();
	ticks_per_ns = (double)(c1 - c0) / (double)(t1 - t0);
}

int main(void)
{
	char text[256], name[64];
	int cpus[2];
	uint64_t warmup, duration, argument;

	calibrate();
	while (fgets(text, sizeof text, stdin) != NULL) {
		const struct workload *found = NULL;
		if (sscanf(text, "%63s %d %d %" SCNu64 " %" SCNu64 " %" SCNu64, name, &cpus[0], &cpus[1], &warmup, &duration, &argument) == 6)
			for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
				if (strcmp(workloads[i]->name, name) == 0)
					found = workloads[i];
		if (found == NULL)
			printf("error: no such workload, or not six words: %s", text);
		else
			run_pair(found, cpus, warmup, duration, argument);
		fflush(stdout);
	}
	return 0;
}

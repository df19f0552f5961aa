/* A coherence counter: a directory of cache lines (MSI) over a stretch of the
 * memory of one guest process, fed by every access that the emulated CPUs make to
 * it. It counts how lines travel between nodes, without a PMU and without
 * anything that the software counts itself.
 *
 *   -plugin FILE.so,out=PATH,cpus=N      N CPUs to a node, in order
 *
 * The guest says what to watch by NOPs with a mark (guest/coherence): "first" and
 * "last" before an access to the first and the last byte, "start" and "stop".
 * At each stop it appends to PATH, for each line and pair of nodes that handed it
 * over,
 *
 *   LINE FROM TO read|write HANDOVERS
 *
 * and a last line "stop ACCESSES CROSS", CROSS of the accesses being served by
 * another node's cache or ending its copy. A hand-over is one of these by a node
 * that did not have the line last.
 *
 * Caches are as large as need be: a line leaves one only when another CPU writes
 * it. Kernel code is not watched, so that the guest boots in its usual time. */
#include "plugin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CPUS 64
#define MAX_NODES 16
#define MAX_LINES (1 << 20)
#define LINE 64
#define KERNEL (1ULL << 63)

EXPORTED int qemu_plugin_version = 1;

struct line {
	uint64_t holders; /* CPUs with a copy */
	uint8_t owner;    /* 1 + the CPU that has it modified, 0 for none */
	uint8_t last;     /* 1 + the node that made the last transaction, 0 for none */
};

struct travel {
	uint64_t count[MAX_NODES][MAX_NODES][2]; /* from, to, by reads and writes */
};

static char *path;
static unsigned cpus_per_node = 1;
static uint64_t first, last;
static volatile int watching, counting; /* watching: the range is known */
static struct line *lines;
static struct travel **travels; /* by line, made when it first travels */
static uint64_t accesses, cross;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned node_of(unsigned cpu) { return cpu / cpus_per_node; }

static uint64_t cpus_of(unsigned node)
{
	uint64_t ones = cpus_per_node >= 64 ? ~0ULL : (1ULL << cpus_per_node) - 1;
	return ones << (node * cpus_per_node);
}

static void travel(uint64_t at, unsigned from, unsigned to, bool write)
{
	if (!counting)
		return;
	if (!travels[at])
		travels[at] = calloc(1, sizeof(struct travel));
	if (travels[at])
		travels[at]->count[from][to][write]++;
}

static void reach(unsigned cpu, uint64_t at, bool write)
{
	struct line *l = &lines[at];
	uint64_t bit = 1ULL << cpu;
	unsigned node = node_of(cpu);
	if (counting)
		accesses++;
	if (l->owner == cpu + 1 || (!write && (l->holders & bit)))
		return; /* its own copy is good */
	uint64_t others = (l->holders | (l->owner ? 1ULL << (l->owner - 1) : 0)) & ~bit;
	bool near = others & cpus_of(node), far = others & ~cpus_of(node);
	/* A reader is served by the nearest copy, a writer waits for the farthest. */
	bool crossed = write ? far : far && !near;
	bool silent = !others && (l->holders & bit); /* alone with it: writes at once */
	if (crossed && counting)
		cross++;
	if (!silent && l->last != node + 1) {
		if (crossed && l->last)
			travel(at, l->last - 1, node, write);
		l->last = node + 1;
	}
	if (write) {
		l->owner = cpu + 1;
		l->holders = bit;
		return;
	}
	l->owner = 0;
	l->holders = others | bit;
}

/* What the next access of a CPU names: 'f' for the first byte, 'l' for the last.
 * It is the access after the mark even if that faults before it succeeds. */
static char names[MAX_CPUS];

static void named(unsigned cpu, uint64_t address)
{
	pthread_mutex_lock(&lock);
	watching = counting = 0;
	if (names[cpu] == 'f')
		first = address & ~(uint64_t)(LINE - 1);
	else
		last = address;
	if (names[cpu] == 'l' && last >= first && (last - first) / LINE < MAX_LINES) {
		memset(lines, 0, MAX_LINES * sizeof(*lines));
		watching = 1;
	}
	names[cpu] = 0;
	pthread_mutex_unlock(&lock);
}

static void on_memory(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	(void)data;
	if (cpu < MAX_CPUS && names[cpu])
		named(cpu, address);
	if (!watching || address < first || address > last || cpu >= MAX_CPUS)
		return;
	pthread_mutex_lock(&lock);
	if (watching)
		reach(cpu, (address - first) / LINE, qemu_plugin_mem_is_store(info));
	pthread_mutex_unlock(&lock);
}

static void on_first(unsigned cpu, void *data)
{
	(void)data;
	if (cpu < MAX_CPUS)
		names[cpu] = 'f';
}

static void on_last(unsigned cpu, void *data)
{
	(void)data;
	if (cpu < MAX_CPUS)
		names[cpu] = 'l';
}

static void on_start(unsigned cpu, void *data)
{
	(void)cpu, (void)data;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_LINES; i++) {
		free(travels[i]);
		travels[i] = NULL;
	}
	accesses = cross = 0;
	counting = 1;
	pthread_mutex_unlock(&lock);
}

static void on_stop(unsigned cpu, void *data)
{
	(void)cpu, (void)data;
	pthread_mutex_lock(&lock);
	counting = 0;
	FILE *f = fopen(path, "a");
	for (size_t i = 0; f && i < MAX_LINES; i++)
		for (unsigned from = 0; travels[i] && from < MAX_NODES; from++)
			for (unsigned to = 0; to < MAX_NODES; to++)
				for (int write = 0; write < 2; write++)
					if (travels[i]->count[from][to][write])
						fprintf(f, "%zu %u %u %s %llu\n", i, from, to, write ? "write" : "read",
							(unsigned long long)travels[i]->count[from][to][write]);
	if (f) {
		fprintf(f, "stop %llu %llu\n", (unsigned long long)accesses, (unsigned long long)cross);
		fclose(f);
	}
	pthread_mutex_unlock(&lock);
}

/* mark returns which of our NOPs an instruction is (nopl disp32(%rax), the
 * displacement being "nr", a letter and 0), or 0. */
static char mark(const struct qemu_plugin_insn *insn)
{
	static const unsigned char head[] = {0x0f, 0x1f, 0x80, 'n', 'r'};
	const unsigned char *code = qemu_plugin_insn_data(insn);
	if (qemu_plugin_insn_size(insn) != 7 || memcmp(code, head, sizeof(head)) || code[6])
		return 0;
	return code[5];
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	if (qemu_plugin_tb_vaddr(tb) & KERNEL)
		return;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		exec_cb reached = 0;
		switch (mark(insn)) {
		case 'f': reached = on_first; break;
		case 'l': reached = on_last; break;
		case 'b': reached = on_start; break;
		case 'e': reached = on_stop; break;
		}
		if (reached)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, reached, CB_NO_REGS, NULL);
		else
			qemu_plugin_register_vcpu_mem_cb(insn, on_memory, CB_NO_REGS, MEM_RW, NULL);
	}
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			path = strdup(argv[i] + 4);
		else if (!strncmp(argv[i], "cpus=", 5))
			cpus_per_node = strtoul(argv[i] + 5, NULL, 10);
		else
			return -1;
	}
	unsigned cpus = info->system.smp_vcpus;
	if (!info->system_emulation || !path || !cpus_per_node || cpus > MAX_CPUS ||
	    (cpus + cpus_per_node - 1) / cpus_per_node > MAX_NODES)
		return -1;
	lines = calloc(MAX_LINES, sizeof(*lines));
	travels = calloc(MAX_LINES, sizeof(*travels));
	if (!lines || !travels)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}

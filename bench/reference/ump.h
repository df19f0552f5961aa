/* One end of a pair of UMP rings (Barrelfish, SOSP'09, section 4.6), with the
 * header and the flow control of nrkern's transport.Channel: the slot's number
 * in the channel's life, a kind, and how many slots of the other direction were
 * taken. A message is one slot. */
#ifndef UMP_H
#define UMP_H

#include "pair.h"

enum { UMP_MESSAGE = 1, UMP_ACK = 3 };

struct ump {
	_Alignas(LINE) struct slot *tx;
	struct slot *rx;
	uint64_t mask, sent, acked, taken, told;
};

static inline void ump_open(struct ump *c, struct slot *tx, struct slot *rx, uint64_t slots)
{
	*c = (struct ump){.tx = tx, .rx = rx, .mask = slots - 1};
}

static inline bool ump_credit(const struct ump *c) { return c->sent - c->acked < c->mask; }

/* ump_fill returns where to write the next message, in place. */
static inline uint64_t *ump_fill(struct ump *c) { return c->tx[c->sent & c->mask].payload; }

static inline void ump_publish(struct ump *c, uint64_t kind)
{
	uint64_t header = c->sent << 18 | kind << 16 | (c->taken & 0xffff);
	atomic_store_explicit(&c->tx[c->sent & c->mask].header, header, memory_order_release);
	c->sent++;
	c->told = c->taken;
}

static inline void ump_send(struct ump *c) { ump_publish(c, UMP_MESSAGE); }

/* ump_tell acknowledges when no message has done so for a quarter of a ring. */
static inline void ump_tell(struct ump *c)
{
	if (c->taken - c->told > c->mask / 4 && c->sent - c->acked <= c->mask)
		ump_publish(c, UMP_ACK);
}

/* ump_receive returns the next message, in place, or NULL. */
static inline const uint64_t *ump_receive(struct ump *c)
{
	for (;;) {
		struct slot *s = &c->rx[c->taken & c->mask];
		uint64_t header = atomic_load_explicit(&s->header, memory_order_acquire);
		if (header >> 18 != c->taken || (header >> 16 & 3) == 0) {
			ump_tell(c);
			return NULL;
		}
		c->acked += (uint16_t)((uint16_t)header - (uint16_t)c->acked);
		if ((header >> 16 & 3) != UMP_ACK)
			return s->payload;
		c->taken++;
	}
}

static inline void ump_release(struct ump *c)
{
	c->taken++;
	ump_tell(c);
}

#endif

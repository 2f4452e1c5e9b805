/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one-way ring: single producer, single consumer.
 *
 * This header and drivers/vbus/ring/ are the only places that know how slots are published and
 * doorbells suppressed. The code is pure: no allocation, no sleeping object, no lock. Callers
 * serialise each end themselves (one producer, one consumer, each under its queue's lock). The
 * same sources are built in userspace by tests/unit and tests/bench.
 *
 * The peer may lie. Nothing it writes can make these functions loop, index outside the ring or
 * report more than one ring of work; contents of a slot are handed out as a private copy which the
 * caller validates. Documentation/ring.rst has the protocol with the reason of each barrier.
 *
 * Who sets up what, and when
 *
 * Memory is initialised by the side that owns it, ends are attached by the side that uses them,
 * and these are different functions:
 *
 *	vbus_ring_format_slots()	called by the owner of the slots' memory
 *	vbus_ring_format_line()		called by the owner of the line's memory
 *	vbus_prod_init()		called by the producer; touches no ring memory
 *	vbus_cons_init()		called by the consumer; touches no ring memory
 *
 * In a shared home the driver side owns everything. It formats the slots and lines of both rings,
 * then sends the "queue" verb, then uses them. The device side only attaches, and so cannot wipe
 * out what the driver has published in the meantime.
 *
 * In split homes each side formats its own half (the line of the ring it produces, the slots of
 * the ring it consumes) before it tells the peer where that half is, that is before it sends, or
 * answers, the "queue" verb.
 *
 * Formatting happens once per life, with the base and life number of that life.
 */
#ifndef _VBUS_RING_H
#define _VBUS_RING_H

#include <linux/compiler.h>
#include <linux/prefetch.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/byteorder.h>
#include <linux/vbus_ring.h>

/**
 * enum vbus_home - where the two ends of a ring live
 * @VBUS_HOME_SHARED: both in memory both CPUs reach coherently (loopback, KVM, user)
 * @VBUS_HOME_SPLIT: slots in the consumer's memory, line in the producer's; the remote part is
 *	I/O memory that is only ever written, but for the read-back of vbus_cons_arm() and
 *	vbus_prod_credit_wait()
 */
enum vbus_home {
	VBUS_HOME_SHARED,
	VBUS_HOME_SPLIT,
};

/**
 * struct vbus_crossings - what rings did across a link, for people and tests
 * @reads: reads of the peer's memory
 * @writes: posted writes to it; adjacent words written at a time, 64 bytes at most, are one
 *
 * Not exact when several CPUs count at the same instant.
 */
struct vbus_crossings {
	unsigned long reads;
	unsigned long writes;
};

/**
 * struct vbus_ring_mem - what a ring end is made of
 * @slots: first slot; I/O memory for the producer of a split ring. 16-byte aligned
 * @line: the ring's line; I/O memory for the consumer of a split ring. 64-byte aligned
 * @peer_gen: gen word in the *peer's* half. The consumer of a split ring reads it back when going
 *	idle, the producer of a split stream on an empty credit wake-up; unused for shared homes.
 *	Must be reached through the same mapping as the other remote words and be answered by the
 *	peer's memory, not by a bridge or register on the way
 * @gen: life number both ends agreed on: what vbus_ring_format_line() writes and what @peer_gen
 *	must read as. Not all-ones, which is what a dead link reads as
 * @base: first index of this life; random, below 2^31, agreed when the queue is set up
 * @size: number of slots, a power of two in [VBUS_RING_MIN_SLOTS, VBUS_RING_MAX_SLOTS]
 * @home: see &enum vbus_home
 * @crossings: split homes: where to count, or NULL
 *
 * The two rings of a queue may differ in size.
 */
struct vbus_ring_mem {
	struct vbus_slot *slots;
	struct vbus_line *line;
	__le32 *peer_gen;
	struct vbus_crossings *crossings;
	u32 gen;
	u32 base;
	u32 size;
	enum vbus_home home;
};

#define VBUS_SLOTS_PER_LINE	4

/* Producer's private state. Treat as opaque outside the ring code. */
struct vbus_prod {
	struct vbus_ring_mem mem;
	u32 mask;
	u32 idx;	/* next index to stage */
	u32 first;	/* first staged, unpublished index; == idx when none */
	u32 kicked;	/* index up to which the doorbell decision was taken */
	u32 credit;	/* streams: last validated credit */
	/* Split homes: */
	u32 sent;	/* first staged index that is still here, not across the link */
	struct vbus_slot line[VBUS_SLOTS_PER_LINE];	/* these, until the line is full */
};

/* Consumer's private state. Treat as opaque outside the ring code. */
struct vbus_cons {
	struct vbus_ring_mem mem;
	u32 mask;
	u32 idx;	/* next index to take */
	u32 credited;	/* streams: last credit written */
	u32 wake;	/* the index that a doorbell was asked for at */
	bool stream;	/* vbus_cons_credit() is in use */
	u64 garbage;	/* looks at a slot whose seq fitted no honest history */
};

static inline u32 vbus_slot_len(const struct vbus_slot *s)
{
	return le32_to_cpu(s->lf) & VBUS_SLOT_LEN_MASK;
}

static inline u8 vbus_slot_flags(const struct vbus_slot *s)
{
	return le32_to_cpu(s->lf) >> VBUS_SLOT_FLAG_SHIFT;
}

static inline u64 vbus_slot_addr(const struct vbus_slot *s)
{
	return le64_to_cpu(s->addr);
}

static inline void vbus_slot_set(struct vbus_slot *s, u64 addr, u32 len, u8 flags)
{
	s->addr = cpu_to_le64(addr);
	s->lf = cpu_to_le32((len & VBUS_SLOT_LEN_MASK) | ((u32)flags << VBUS_SLOT_FLAG_SHIFT));
}

/* vbus_ring_size_ok - is @slots a size a ring can have? */
static inline bool vbus_ring_size_ok(u32 slots)
{
	return slots >= VBUS_RING_MIN_SLOTS && slots <= VBUS_RING_MAX_SLOTS &&
	       !(slots & (slots - 1));
}

/**
 * vbus_ring_format_slots() - initialise the slots of a ring for a new life
 * @mem: the ring; of it @slots, @base, @size and @home are used
 *
 * Zeroes the slots. Only for the side that owns their memory (shared home: the driver side, for
 * both rings; split homes: the consumer), which is local memory for it, and only while the peer
 * does not use the ring yet.
 *
 * Context: any.
 * Return: 0, or -EINVAL for a bad size, base or alignment.
 */
int vbus_ring_format_slots(const struct vbus_ring_mem *mem);

/**
 * vbus_ring_format_line() - initialise the line of a ring for a new life
 * @mem: the ring; of it @line, @gen, @base, @size and @home are used
 *
 * Sets credit and wake to @base, so that the first publish asks for a doorbell, and gen last. Only
 * for the side that owns the line's memory (shared home: the driver side, for both rings; split
 * homes: the producer; a stream's driver half too, for its gen), and only while the peer does not
 * use the ring yet.
 *
 * Context: any.
 * Return: 0, or -EINVAL for a bad size, base, life number or alignment.
 */
int vbus_ring_format_line(const struct vbus_ring_mem *mem);

/**
 * vbus_ring_flush() - read across the link once, for its ordering
 * @mem: the ring; of it @peer_gen and @home are used
 *
 * A side that restarts calls it before it announces its new half: whatever its previous life
 * posted has arrived when the read returns.
 *
 * Context: any.
 * Return: the peer's life number now, whatever it is; @gen for shared homes.
 */
u32 vbus_ring_flush(const struct vbus_ring_mem *mem);

/**
 * vbus_prod_init() - take the producing end of a ring
 * @p: state to fill in
 * @mem: where the ring is; copied
 *
 * Touches private state only; see the top of this file for who formats the memory. The first
 * publish of a freshly formatted ring always asks for a doorbell.
 *
 * Context: any.
 * Return: 0, or -EINVAL for a bad size, base, life number or alignment.
 */
int vbus_prod_init(struct vbus_prod *p, const struct vbus_ring_mem *mem);

/**
 * vbus_cons_init() - take the consuming end of a ring
 * @c: state to fill in
 * @mem: where the ring is; copied
 *
 * Touches private state only; see the top of this file for who formats the memory. What the
 * producer has published before this call is not lost.
 *
 * Context: any.
 * Return: 0, or -EINVAL for a bad size, base, life number or alignment.
 */
int vbus_cons_init(struct vbus_cons *c, const struct vbus_ring_mem *mem);

/* Split homes; out of line, and not for callers of this header. */
void __vbus_split_put(struct vbus_prod *p, const struct vbus_slot *s);
void __vbus_split_publish(struct vbus_prod *p);
void __vbus_split_credit(struct vbus_cons *c);
int __vbus_split_arm(struct vbus_cons *c);
void __vbus_split_disarm(struct vbus_cons *c);

static __always_inline bool __vbus_ring_shared(const struct vbus_ring_mem *mem)
{
	return likely(mem->home == VBUS_HOME_SHARED);
}

/*
 * Load a word of our own memory that the peer writes, before everything that depends on it. The
 * peer of a split ring is a bus master, not a CPU of this machine, hence its own kind of barrier.
 */
static __always_inline u32 __vbus_ring_acquire(const struct vbus_ring_mem *mem, const __le32 *word)
{
	__le32 v;

	if (__vbus_ring_shared(mem)) {
		/* Pairs with the release in vbus_prod_publish() or vbus_cons_credit(). */
		return le32_to_cpu(virt_load_acquire(word));
	}
	v = READ_ONCE(*word);
	/* Pairs with the order in which the link delivers what the peer wrote. */
	dma_rmb();
	return le32_to_cpu(v);
}

/* Full barrier towards the peer's CPU, also when this kernel is built for one CPU only. */
static __always_inline void __vbus_ring_mb(const struct vbus_ring_mem *mem)
{
	if (__vbus_ring_shared(mem))
		virt_mb(); /* with the peer's CPU */
	else
		mb(); /* with the link's ordered path */
}

/*
 * Producer. A batch is: any number of vbus_prod_put(), one vbus_prod_publish(). The consumer sees
 * all of a batch or nothing of it. vbus_prod_kick() covers all that was published since the last
 * one; together these must not exceed the ring's size. For a queue the caller keeps
 * "published - completed <= size" itself; for a stream vbus_prod_space() says what fits.
 */

/**
 * vbus_prod_put() - stage one slot
 * @p: producer
 * @s: addr and lf of the entry; its seq is ignored
 *
 * Nothing is visible to the consumer before vbus_prod_publish(). The caller knows that there is
 * room.
 *
 * Context: any; the producer's lock.
 */
static __always_inline void vbus_prod_put(struct vbus_prod *p, const struct vbus_slot *s)
{
	u32 idx = p->idx;
	struct vbus_slot *slot = &p->mem.slots[idx & p->mask];

	if (!__vbus_ring_shared(&p->mem)) {
		__vbus_split_put(p, s);
		return;
	}
	WRITE_ONCE(slot->addr, s->addr);
	WRITE_ONCE(slot->lf, s->lf);
	/* The first slot gates the batch: its seq is withheld until all bodies are written. */
	if (idx != p->first)
		WRITE_ONCE(slot->seq, cpu_to_le32(idx + 1));
	p->idx = idx + 1;
}

/**
 * vbus_prod_unput() - drop all that is staged and not published
 * @p: producer
 *
 * For an error in mid-packet; not for slots of vbus_queue_put_pushed(), whose room is taken.
 *
 * Context: any; the producer's lock.
 */
void vbus_prod_unput(struct vbus_prod *p);

/**
 * vbus_prod_publish() - make the staged batch visible to the consumer
 * @p: producer
 *
 * Nothing staged is a no-op. Payload the slots point to must have arrived where the consumer reads
 * it: a CPU's own stores have, a DMA engine's only after its completion.
 *
 * Context: any; the producer's lock.
 */
static __always_inline void vbus_prod_publish(struct vbus_prod *p)
{
	u32 first = p->first;

	if (p->idx == first)
		return;
	if (!__vbus_ring_shared(&p->mem)) {
		__vbus_split_publish(p);
		return;
	}
	/* Release: bodies, payload and whatever was read to make them come before the slot. */
	virt_store_release(&p->mem.slots[first & p->mask].seq, cpu_to_le32(first + 1));
	p->first = p->idx;
}

/* vbus_prod_leave - what is staged is published later, maybe on another CPU */
static __always_inline void vbus_prod_leave(struct vbus_prod *p)
{
	if (!__vbus_ring_shared(&p->mem))
		wmb(); /* only the CPU that wrote it across a link empties its combining buffers */
}

/* So many slots wait for more: then the consumer may as well begin with them. */
#define VBUS_RING_SERIES	16

/**
 * vbus_prod_publish_more() - vbus_prod_publish(), unless it can wait
 * @p: producer
 * @more: another batch follows at once, or vbus_prod_publish() does
 *
 * In split homes a publish is a write across the link, so with @more it is left to the next one,
 * for VBUS_RING_SERIES slots. A ring may be shorter than that: who waits for room, or for an
 * answer, publishes first. vbus_prod_unput() drops what was left, too.
 *
 * Context: any; the producer's lock. It may be let go of, and the next one called on another CPU.
 * Return: true if all that was staged is published.
 */
static __always_inline bool vbus_prod_publish_more(struct vbus_prod *p, bool more)
{
	if (more && !__vbus_ring_shared(&p->mem) && p->idx - p->first < VBUS_RING_SERIES) {
		vbus_prod_leave(p);
		return false;
	}
	vbus_prod_publish(p);
	return true;
}

/**
 * vbus_prod_send() - stage one slot and publish it, with what was staged before
 * @p: producer
 * @s: addr and lf of the entry; its seq is ignored
 *
 * vbus_prod_put() and vbus_prod_publish() in one; the usual case, a batch of one slot, for less.
 *
 * Context: any; the producer's lock.
 */
static __always_inline void vbus_prod_send(struct vbus_prod *p, const struct vbus_slot *s)
{
	u32 idx = p->idx;
	struct vbus_slot *slot = &p->mem.slots[idx & p->mask];

	if (unlikely(idx != p->first) || !__vbus_ring_shared(&p->mem)) {
		vbus_prod_put(p, s);
		vbus_prod_publish(p);
		return;
	}
	p->idx = idx + 1;
	p->first = idx + 1;
	WRITE_ONCE(slot->addr, s->addr);
	WRITE_ONCE(slot->lf, s->lf);
	/* Release: as in vbus_prod_publish(). */
	virt_store_release(&slot->seq, cpu_to_le32(idx + 1));
}

/**
 * vbus_prod_kick() - decide about the doorbell
 * @p: producer
 *
 * Contains the full barrier between publishing and looking at the wake-up index. Must be called
 * after publishing, before the caller returns to where nothing would call it again, and before it
 * waits for anything the consumer does. Costs nothing if nothing was published since the last one.
 *
 * Context: any; the producer's lock.
 * Return: true if the caller has to ring the consumer's doorbell.
 */
static __always_inline bool vbus_prod_kick(struct vbus_prod *p)
{
	u32 old = p->kicked;
	u32 now = p->first;
	u32 wake;

	if (now == old)
		return false;
	/* Pairs with the one in vbus_cons_arm(): either we see its wake or it sees our slots. */
	__vbus_ring_mb(&p->mem);
	wake = le32_to_cpu(READ_ONCE(p->mem.line->wake));
	p->kicked = now;
	return now - wake - 1 < now - old;
}

/**
 * vbus_prod_space() - slots a stream's producer may stage now
 * @p: producer
 *
 * Reads the credit once and checks it. A producer whose next packet may take up to n slots and
 * finds that less than n would be left after the slot it is about to stage sets
 * VBUS_SLOT_F_WANT_CREDIT in that slot; only then is it told when there is room again.
 *
 * Context: any; the producer's lock.
 * Return: 0..size, or -EPROTO if the peer's credit runs backwards or beyond what was published; the
 * caller closes the session.
 */
int vbus_prod_space(struct vbus_prod *p);

/**
 * vbus_prod_credit_wait() - a stream's producer found no space and wants to sleep
 * @p: producer
 *
 * To be called on waking up without space: reads across the link once (split homes) and looks
 * again.
 *
 * Context: any; the producer's lock.
 * Return: as vbus_prod_space(), or -ENOLINK if the peer is gone or has started a new life.
 */
int vbus_prod_credit_wait(struct vbus_prod *p);

/* vbus_prod_index - index the next staged slot will have */
static inline u32 vbus_prod_index(const struct vbus_prod *p)
{
	return p->idx;
}

/*
 * Consumer.
 */

/*
 * A consumer that lags behind finds its lines in the producer's cache, each a transfer away. It
 * asks for them this many slots early: far enough to hide the transfer, and lines that hold nothing
 * new yet are in its own cache still, so that asking disturbs nobody.
 */
#define VBUS_RING_AHEAD		32

/* What an empty slot holds if the producer is honest: nothing yet, or the previous round. */
static __always_inline void __vbus_cons_empty(struct vbus_cons *c, u32 seq, u32 want)
{
	if (unlikely(seq && seq != want - c->mem.size))
		c->garbage++;
}

/* Look at the slot of @idx, which is not behind the next one to take. */
static __always_inline bool __vbus_cons_look(struct vbus_cons *c, u32 idx, struct vbus_slot *out)
{
	const struct vbus_slot *slots = c->mem.slots;
	const struct vbus_slot *slot = &slots[idx & c->mask];
	u32 want = idx + 1, mask = c->mask;
	u32 seq = __vbus_ring_acquire(&c->mem, &slot->seq);

	if (seq != want) {
		__vbus_cons_empty(c, seq, want);
		return false;
	}
	if (idx % VBUS_SLOTS_PER_LINE == 0)
		prefetch(&slots[(idx + VBUS_RING_AHEAD) & mask]);
	out->addr = READ_ONCE(slot->addr);
	out->lf = READ_ONCE(slot->lf);
	out->seq = cpu_to_le32(want);
	return true;
}

/**
 * vbus_cons_peek() - look at the slot @ahead places on without taking it
 * @c: consumer
 * @ahead: 0 is the slot vbus_cons_get() would take; below the ring's size
 * @out: private copy, every word read once
 *
 * Meaningful only if all slots before it are there. A batch is visible as a whole once its first
 * slot is.
 *
 * Context: any; the consumer's lock.
 * Return: true if the slot is there.
 */
static __always_inline bool vbus_cons_peek(struct vbus_cons *c, u32 ahead, struct vbus_slot *out)
{
	return __vbus_cons_look(c, c->idx + ahead, out);
}

/**
 * vbus_cons_get() - take the next slot, if there is one
 * @c: consumer
 * @out: private copy of the slot, every word read once
 *
 * Context: any; the consumer's lock.
 * Return: true if a slot was taken.
 */
static __always_inline bool vbus_cons_get(struct vbus_cons *c, struct vbus_slot *out)
{
	u32 idx = c->idx;

	if (!__vbus_cons_look(c, idx, out))
		return false;
	c->idx = idx + 1;
	return true;
}

/* vbus_cons_skip - take @n slots that vbus_cons_peek() has shown */
static inline void vbus_cons_skip(struct vbus_cons *c, u32 n)
{
	c->idx += n;
}

/**
 * vbus_cons_pending() - is there a slot to take?
 * @c: consumer
 *
 * No barrier beyond the acquire; for sleepers' timers. Reads only the consumer's own memory and
 * changes nothing, so it may race with the consumer.
 *
 * Context: any.
 * Return: true if there is.
 */
static __always_inline bool vbus_cons_pending(const struct vbus_cons *c)
{
	u32 idx = READ_ONCE(c->idx);

	return __vbus_ring_acquire(&c->mem, &c->mem.slots[idx & c->mask].seq) == idx + 1;
}

/**
 * vbus_cons_arm() - go idle: ask for a doorbell, then take a last look
 * @c: consumer
 *
 * Call it every time before sleeping, also after a wake-up that found nothing, and only after the
 * doorbell was acknowledged. Writes the credit first (streams).
 *
 * Context: any; the consumer's lock.
 * Return: 1 if the ring is not empty (go on consuming), 0 if the caller may sleep, -ENOLINK if the
 * read-back shows that the peer is gone or lives another life (split homes only).
 */
static __always_inline int vbus_cons_arm(struct vbus_cons *c)
{
	if (!__vbus_ring_shared(&c->mem))
		return __vbus_split_arm(c);
	if (c->stream && c->credited != c->idx) {
		/* Release: see vbus_cons_credit(). */
		virt_store_release(&c->mem.line->credit, cpu_to_le32(c->idx));
		c->credited = c->idx;
	}
	c->wake = c->idx;
	WRITE_ONCE(c->mem.line->wake, cpu_to_le32(c->idx));
	/* Pairs with the one in vbus_prod_kick(). */
	virt_mb();
	return vbus_cons_pending(c);
}

/**
 * vbus_cons_disarm() - take back what vbus_cons_arm() has asked for
 * @c: consumer
 *
 * For who goes on looking after all. A doorbell may come nevertheless. Nothing is written if none
 * was asked for since the last slot was taken.
 *
 * Context: any; the consumer's lock.
 */
static __always_inline void vbus_cons_disarm(struct vbus_cons *c)
{
	if (c->wake != c->idx)
		return;
	/* An index of the past, for which nobody rings any more. */
	c->wake = c->idx - 1;
	if (__vbus_ring_shared(&c->mem))
		WRITE_ONCE(c->mem.line->wake, cpu_to_le32(c->wake));
	else
		__vbus_split_disarm(c);
}

/**
 * vbus_cons_credit() - streams: give the producer back what was consumed
 * @c: consumer
 * @want: the slot just consumed carried VBUS_SLOT_F_WANT_CREDIT
 *
 * To be called after each slot of a stream; calling it is what makes the ring a stream. Writes the
 * credit when @want or when a quarter of the ring is due.
 *
 * Context: any; the consumer's lock.
 * Return: true if the producer's doorbell must be rung (it sleeps for credit).
 */
bool vbus_cons_credit(struct vbus_cons *c, bool want);

/* vbus_cons_index - index of the next slot to take */
static inline u32 vbus_cons_index(const struct vbus_cons *c)
{
	return c->idx;
}

#endif /* _VBUS_RING_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-hostile: a driver side that lies.
 *
 * It is a connector with clients of its own, and plays their driver side without vbus-proxy: it
 * hands raw bytes to vbus_client_verb(), rings any doorbell, and writes ring memory as it likes.
 * What a device side must stand is in attack-*.c, one function per attack.
 *
 *	echo <bus> >/sys/vbus/connectors/hostile/attach		makes client hostile.<n>
 *	echo <attack> <client> [key=value]... >run		an attack; returns when it is over
 *	echo start <attack> <client> [key=value]... >run	the same in the background
 *	echo stop >run						ends what runs in the background
 *	cat result						one line per finding
 *
 * (run and result are in /sys/kernel/debug/vbus-hostile.) Keys: port, queue, n, seed, ms, cpu,
 * alone.
 */
#ifndef _HOSTILE_H
#define _HOSTILE_H

#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vbus.h>
#include <linux/vbus_echo.h>
#include <vbus/connector.h>
#include <vbus/ring.h>

/* ---- memory (mem.c) ------------------------------------------------------------------------ */

/*
 * A client's memory: an arena for queues and buffers, and a page of its own that starts and ends in
 * nowhere. Both are followed by unmapped addresses, here and in the peer's numbers.
 */
enum hostile_range_id {
	HR_ARENA,
	HR_PAGE,
	HR_COUNT,
};

#define HR_ARENA_ADDR	0x0000007000000000ull
#define HR_ARENA_BYTES	(SZ_2M + SZ_256K)
#define HR_PAGE_ADDR	0xffffffffffff0000ull
#define HR_PAGE_BYTES	SZ_4K

struct hostile_range {
	u64 addr;
	size_t len;
	u8 *ptr;
	bool open;
};

/* The arena: places for queues, then room for the largest pair of rings. */
#define HQ_PLACES	16
#define HQ_PLACE_BYTES	SZ_64K
#define HQ_DRV		0		/* driver's half: up to 1020 slots */
#define HQ_DEV		SZ_16K		/* device's half: the same */
#define HQ_DATA		SZ_32K		/* buffers */
#define HQ_DATA_BYTES	SZ_32K
#define HR_BIG		(HQ_PLACES * HQ_PLACE_BYTES)
#define HR_BIG_BYTES	(HR_ARENA_BYTES - HR_BIG)

/* ---- clients (client.c) -------------------------------------------------------------------- */

#define HOSTILE_VECTORS	64

struct hostile {
	struct vbus_client client;
	struct list_head node;
	rwlock_t mem_lock;
	struct hostile_range range[HR_COUNT];
	unsigned long places;
	atomic_t maps;
	atomic_t events[4];
	atomic_t raised[HOSTILE_VECTORS];
	wait_queue_head_t wait;
};

extern struct vbus_connector hostile_connector;

struct hostile *hostile_get(const char *name);
void hostile_put(struct hostile *h);
void hostile_clients_show(struct seq_file *seq);

int hostile_mem_init(struct hostile *h);
void hostile_mem_free(struct hostile *h);
void hostile_withdraw(struct hostile *h, enum hostile_range_id id, bool scramble);
void hostile_restore(struct hostile *h, enum hostile_range_id id);

static inline void *hostile_ptr(struct hostile *h, u32 off)
{
	return h->range[HR_ARENA].ptr + off;
}

static inline u64 hostile_addr(u32 off)
{
	return HR_ARENA_ADDR + off;
}

/* ---- verbs and queues (session.c) ---------------------------------------------------------- */

/* A request as bytes, and its reply with what lies behind the room that was given for it. */
struct hostile_reply {
	u16 verb;
	u16 status;
	u32 handle;
	u32 len;
	u8 data[VBUS_CALL_MAX];
};

int hostile_raw(struct hostile *h, const void *req, size_t len, size_t room,
		struct hostile_reply *r);
int hostile_verb(struct hostile *h, u16 verb, u32 handle, u32 arg, const void *in, u32 len,
		 struct hostile_reply *r);
int hostile_attach(struct hostile *h);
int hostile_open(struct hostile *h, u32 port, u32 version, u64 features, u32 *handle);
int hostile_close(struct hostile *h, u32 handle);
int hostile_call(struct hostile *h, u32 handle, u32 func, const void *in, u32 len);
int hostile_shm(struct hostile *h, u32 handle, u32 id, u64 addr, u64 len, u32 flags);

/* A queue of a driver side that, unless told otherwise, is honest. */
struct hostile_queue {
	struct hostile *h;
	u32 handle;
	u32 id;
	u32 flags;
	u32 vector;
	u32 req_size, cpl_size;
	u32 base;
	u32 doorbell;
	unsigned int place;
	u32 posted, seen;
	struct vbus_line *drv_line, *dev_line;
	struct vbus_slot *req_slots, *cpl_slots;
	struct vbus_prod req;
	struct vbus_cons cpl;
	u8 *data;
	u64 data_addr;
};

void hostile_queue_msg(struct hostile_queue *q, struct vbus_msg_queue *msg);
int hostile_queue_verb(struct hostile *h, u32 handle, u32 id, const struct vbus_msg_queue *msg,
		       u32 *doorbell);
int hostile_queue_init(struct hostile_queue *q, struct hostile *h, u32 handle, u32 id,
		       u32 req_size, u32 cpl_size, u32 flags);
void hostile_queue_fini(struct hostile_queue *q);
void hostile_queue_forget(struct hostile_queue *q);
void hostile_post(struct hostile_queue *q, u64 addr, u32 len, u8 flags);
void hostile_ring(struct hostile_queue *q);
bool hostile_wait_completion(struct hostile_queue *q, struct vbus_slot *slot, unsigned int ms);

/* echo, honestly */
int hostile_echo_open(struct hostile *h, u32 port, u32 slots, struct hostile_queue *q);
void hostile_echo_close(struct hostile_queue *q);
int hostile_echo_round(struct hostile_queue *q, u32 len, unsigned int ms);
int hostile_echo_fresh(struct hostile *h, u32 port);
bool hostile_broken(struct hostile *h, u32 handle, unsigned int ms);

/* ---- running attacks (main.c) -------------------------------------------------------------- */

struct hostile_run;

struct hostile_attack {
	const char *name;
	void (*fn)(struct hostile_run *t);
};

/**
 * struct hostile_run - one attack being carried out
 * @attack: which
 * @h: by whom
 * @port: port attacked
 * @queue: queue number, where it matters
 * @n: rounds
 * @seed: of its random numbers
 * @ms: for how long, for attacks that last
 * @cpu: where, for attacks that care; or -1
 * @alone: nobody of ours is at the other end
 * @rnd: random numbers
 * @deadline: of @ms
 * @checks: made
 * @failed: of them
 * @task: in the background
 */
struct hostile_run {
	const struct hostile_attack *attack;
	struct hostile *h;
	u32 port;
	u32 queue;
	u32 n;
	u32 seed;
	u32 ms;
	int cpu;
	u32 alone;
	struct rnd_state rnd;
	unsigned long deadline;
	u32 checks, failed;
	struct task_struct *task;
	struct list_head node;
};

__printf(3, 4) bool hostile_check(struct hostile_run *t, bool ok, const char *fmt, ...);
__printf(2, 3) void hostile_note(struct hostile_run *t, const char *fmt, ...);
bool hostile_stopped(struct hostile_run *t);
bool hostile_go_on(struct hostile_run *t);

static inline bool hostile_is(struct hostile_run *t, int got, int want, const char *what)
{
	return hostile_check(t, got == want, "%s: wanted status %d, got %d", what, want, got);
}

static inline u32 hostile_rnd(struct hostile_run *t, u32 below)
{
	return (u64)prandom_u32_state(&t->rnd) * below >> 32;
}

/* Threads that write to memory the device is reading (attack-ring.c). */
struct hostile_flipper {
	struct task_struct *task;
	__le32 *words;
	u32 n;
	struct rnd_state rnd;
	u64 flips;
};

int hostile_flip_start(struct hostile_flipper *f, struct hostile_run *t, void *ptr, u32 bytes);
void hostile_flip_stop(struct hostile_flipper *f);

/* A thread that only wants the processor now and then, and how long it had to wait (attack-storm.c). */
struct hostile_pulse {
	struct task_struct *task;
	u64 began;		/* when somebody first wanted it, in ns */
	u64 beats;
	u64 worst_ns;
};

int hostile_pulse_start(struct hostile_pulse *p, int cpu);
void hostile_pulse_stop(struct hostile_pulse *p);

extern const struct hostile_attack hostile_verb_attacks[];
extern const struct hostile_attack hostile_memory_attacks[];
extern const struct hostile_attack hostile_ring_attacks[];
extern const struct hostile_attack hostile_storm_attacks[];
extern const struct hostile_attack hostile_disk_attacks[];
extern const struct hostile_attack hostile_enet_attacks[];
extern const struct hostile_attack hostile_console_attacks[];
extern const struct hostile_attack hostile_witness_attacks[];

#endif /* _HOSTILE_H */

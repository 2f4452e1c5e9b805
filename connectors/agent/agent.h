/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-agent, the master's end of links: what its files share.
 *
 * An &struct agent exists as long as its link; an &struct agent_client is one life of a board.
 */
#ifndef _VBUS_AGENT_H
#define _VBUS_AGENT_H

#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/vbus_agent.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <vbus/connector.h>
#include <vbus/link.h>

#include "bells.h"
#include "engine.h"

#define AGENT_PAGE	4096	/* unit in which memory for the board is given away */

struct agent_client;

/**
 * struct agent - one link
 * @link: the link
 * @mem: what the board writes, at the beginning of the link's memory
 * @number: N of "agent.N", the client's name
 * @lock: serialises coming and going of clients, and guards all up to @client
 * @bus: name of the bus for the board, or empty
 * @state: for people
 * @beat: what the board's @beat was last
 * @beat_gen: the life it was of
 * @heard: when it last changed
 * @dead_gen: a life that ended; it is not taken back
 * @refused: the hello that was refused last, so that it is said once
 * @client: the board, while it is attached; RCU
 * @tick: looks after the link
 * @control: verbs of the board
 * @wq: where both run; they wait for works of others that need not run when memory is short
 * @pulse: lets our counter run in the board's memory
 * @pulse_wq: where that runs, which has to then
 * @halves: pages of the link's memory in use
 * @halves_lock: guards @halves
 * @npages: how many there are, without the inbox
 * @inbox: offset of the inbox in the link's memory
 * @inbox_len: its bytes
 * @engine: makes large copies; NULL if the link has none
 */
struct agent {
	struct vbus_link *link;
	struct vbus_agent_master_mem *mem;
	int number;
	struct mutex lock;	/* see above */
	char bus[VBUS_NAME_SIZE];
	const char *state;
	u32 beat;
	u32 beat_gen;
	unsigned long heard;
	u32 dead_gen;
	struct vbus_agent_hello refused;
	struct agent_client __rcu *client;
	struct delayed_work tick;
	struct work_struct control;
	struct workqueue_struct *wq;
	struct delayed_work pulse;
	struct workqueue_struct *pulse_wq;
	unsigned long *halves;
	spinlock_t halves_lock;	/* @halves */
	u32 npages;
	u64 inbox;
	u64 inbox_len;
	struct engine *engine;
};

/**
 * struct agent_client - one life of a board
 * @client: the core's part
 * @agent: its link; gone when the client is down
 * @link: the same
 * @down: the board is not touched any more
 * @gen: the board's life number
 * @own_gen: ours, for this board
 * @block: the board's &struct vbus_agent_board_mem, offset in the window
 * @ranges: what the board registered, as offsets in the window
 * @nranges: how many
 * @beat: our own; for @pulse
 * @verb_seq: of the last request taken
 * @event_seq: events sent
 * @acked: for who waits until the board has taken events, or is gone
 * @bells: doorbells
 * @request: private copy of a request
 * @reply: its reply
 */
struct agent_client {
	struct vbus_client client;
	struct agent *agent;
	struct vbus_link *link;
	bool down;
	u32 gen;
	u32 own_gen;
	u64 block;
	struct {
		u64 off;
		u64 len;
	} ranges[VBUS_AGENT_RANGES];
	u32 nranges;
	u32 beat;
	u32 verb_seq;
	u32 event_seq;
	wait_queue_head_t acked;
	struct bells bells;
	u8 request[VBUS_AGENT_MSG] __aligned(8);
	u8 reply[VBUS_AGENT_MSG] __aligned(8);
};

#define to_agent_client(c) container_of(c, struct agent_client, client)

/* Offset in the window of a member of the board's block. */
#define block_off(c, member) ((c)->block + offsetof(struct vbus_agent_board_mem, member))

/* client.c */
extern struct vbus_connector agent_connector;
struct agent_client *agent_client_new(struct agent *a);
void agent_client_verbs(struct agent_client *c);
void agent_client_rang(struct agent_client *c, u32 bit);

/* memory.c */
extern const struct vbus_memctx_ops agent_mem_ops;
int agent_pages_init(struct agent *a);
void agent_pages_exit(struct agent *a);
void *agent_half_alloc(struct vbus_client *client, size_t bytes, u64 *window);
void agent_half_free(struct vbus_client *client, void *half, size_t bytes);

#endif /* _VBUS_AGENT_H */

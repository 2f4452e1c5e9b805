/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-board, the board's end of a link: what its files share.
 */
#ifndef _VBUS_BOARD_H
#define _VBUS_BOARD_H

#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vbus_agent.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <vbus/connector.h>
#include <vbus/link.h>

#include "bells.h"

#define BOARD_INBOX_PAGE	65536
#define BOARD_INBOX_MAX		1024

/**
 * enum board_state - where a life is
 * @BOARD_CALLING: the hello is out, nobody has answered
 * @BOARD_UP: the master has; the bridge is, or is about to be, there
 * @BOARD_DOWN: over; what is left is cleared away before the next life
 */
enum board_state {
	BOARD_CALLING,
	BOARD_UP,
	BOARD_DOWN,
};

/**
 * struct board - one link
 * @bridge: the core's part
 * @link: the link
 * @block: what the master writes
 * @block_dma: its address
 * @number: N of "agent.N"
 * @state: enum board_state; a life is begun by @life, goes on by @tick, and anybody may end it
 * @bridged: the bridge is registered; changed by @life only
 * @using: the window is used; changed by @life, or when that cannot run
 * @leaving: no new life is begun
 * @dead: verbs fail, nothing is rung
 * @lost: the link went down or came up in this life
 * @gen: our life number
 * @master_gen: the master's
 * @beat: our counter
 * @master_beat: the master's, when it was last looked at
 * @heard: when that last changed
 * @tick: looks after the link
 * @life: registers and unregisters the bridge
 * @events: takes bus events
 * @wq: where @tick runs, which has to when memory is short
 * @devices_wq: where the others run: devices come and go there, which waits for works of
 *	others that need not run when memory is short
 * @event_seq: events taken
 * @verb_lock: one verb at a time
 * @verb_seq: its number
 * @answered: who waits for a reply
 * @vectors: interrupts of the drivers
 * @bells: doorbells
 * @inbox: offset in the window of memory for payload; set by the master's answer
 * @inbox_pages: how many BOARD_INBOX_PAGE it has
 * @inbox_map: which of them are in use
 * @inbox_lock: guards @inbox_map
 */
struct board {
	struct vbus_bridge bridge;
	struct vbus_link *link;
	struct vbus_agent_board_mem *block;
	dma_addr_t block_dma;
	int number;
	enum board_state state;
	bool bridged;
	bool using;
	bool leaving;
	bool dead;
	bool lost;
	u32 gen;
	u32 master_gen;
	u32 beat;
	u32 master_beat;
	unsigned long heard;
	struct delayed_work tick;
	struct work_struct life;
	struct work_struct events;
	struct workqueue_struct *wq;
	struct workqueue_struct *devices_wq;
	u32 event_seq;
	struct mutex verb_lock;	/* @verb_seq, the request's memory */
	u32 verb_seq;
	wait_queue_head_t answered;
	struct vbus_vectors vectors;
	struct bells bells;
	u64 inbox;
	u32 inbox_pages;
	spinlock_t inbox_lock;	/* @inbox_map */
	DECLARE_BITMAP(inbox_map, BOARD_INBOX_MAX);
};

/* Offset in the window of a member of the master's memory. */
#define master_off(member) offsetof(struct vbus_agent_master_mem, member)

/* board.c */
void board_end(struct board *b, const char *why);
void board_part(struct board *b, const char *why);

/* bridge.c */
extern const struct vbus_bridge_ops board_bridge_ops;
void board_rang_vectors(struct board *b, u32 bit);
void board_events(struct work_struct *work);
int board_inbox_init(struct board *b);

#endif /* _VBUS_BOARD_H */

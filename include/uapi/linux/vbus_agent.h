/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus: what a PCI master and a board write into each other's memory.
 *
 * Nobody reads across the link here: each side writes into the other's memory and looks at its own.
 * The board finds the master's memory, struct vbus_agent_master_mem, at the beginning of its window
 * (the rendezvous), and says in its hello where its own, struct vbus_agent_board_mem, is.
 *
 * Little-endian on every machine.
 */
#ifndef _UAPI_LINUX_VBUS_AGENT_H
#define _UAPI_LINUX_VBUS_AGENT_H

#include <linux/types.h>
#include <linux/vbus.h>

#define VBUS_AGENT_MAGIC	0x76426431	/* not the same when its bytes are swapped */
#define VBUS_AGENT_VERSION	1

/* Doorbells each way; they share the bits the hardware has. Bit 0 is for control. */
#define VBUS_AGENT_BELLS	256
#define VBUS_AGENT_EVENTS	16	/* bus events on their way */
#define VBUS_AGENT_RANGES	8
#define VBUS_AGENT_MSG		(sizeof(struct vbus_msg) + VBUS_CALL_MAX)

/* Peer addresses with this bit are offsets in the inbox, which lies in the master's memory. */
#define VBUS_AGENT_INBOX	(1ull << 63)

/**
 * struct vbus_agent_range - memory of the board that the master may touch
 * @addr: bus address
 * @len: bytes
 */
struct vbus_agent_range {
	__le64 addr;
	__le64 len;
};

/**
 * struct vbus_agent_hello - a board says that it lives
 * @magic: VBUS_AGENT_MAGIC; 0 while the rest is being written, and when the board leaves
 * @version: VBUS_AGENT_VERSION
 * @gen: number of this life; never 0 or all-ones, and not the same twice in a row
 * @nranges: how many of @ranges there are
 * @block: address of its struct vbus_agent_board_mem
 * @timeout_ms: how long the board lets the master be silent
 * @rsvd: zero
 * @ranges: what the master may touch
 */
struct vbus_agent_hello {
	__le32 magic;
	__le32 version;
	__le32 gen;
	__le32 nranges;
	__le64 block;
	__le32 timeout_ms;
	__le32 rsvd;
	struct vbus_agent_range ranges[VBUS_AGENT_RANGES];
};

/* What an offer's magic may be */
#define VBUS_AGENT_OFFER	0x76426f31	/* it holds */
#define VBUS_AGENT_WITHDRAWN	0x76426f30	/* not any more; who took it says so in @released */

/**
 * struct vbus_agent_offer - memory of this machine at which the other may call it
 * @magic: VBUS_AGENT_OFFER or VBUS_AGENT_WITHDRAWN; 0: there is none, or nobody waits to be told
 *	any more that it is let go of
 * @id: of this offer; never 0, and not the same twice in a row
 * @addr: bus address of a struct vbus_agent_master_mem
 * @len: bytes of memory there
 * @beat: changes as long as the offer holds
 * @rsvd: zero
 *
 * A board writes it again and again, so that a master that has just started finds it.
 */
struct vbus_agent_offer {
	__le32 magic;
	__le32 id;
	__le64 addr;
	__le64 len;
	__le32 beat;
	__le32 rsvd;
};

/**
 * struct vbus_agent_master_mem - in the master's memory; written by the board
 * @hello: who the board is
 * @beat: changes as long as the board lives
 * @event_ack: number of the last event it has taken; begins anywhere
 * @verb_seq: number of the last request that is complete; begins anywhere
 * @verb_len: bytes of it
 * @bell: one counter for each doorbell; changes when it was rung
 * @verb: the request
 * @offer: the way back: the machine that writes here can be called as well
 * @released: id of an offer of this machine that was withdrawn: its memory is not touched any more
 *
 * What is called the board here is the driver side, which the PCI master is in the direction that
 * an offer opens. Who withdraws an offer waits for @released as long as @beat changes.
 */
struct vbus_agent_master_mem {
	struct vbus_agent_hello hello;
	__le32 beat;
	__le32 event_ack;
	__le32 verb_seq;
	__le32 verb_len;
	__u8 rsvd[80];
	__le32 bell[VBUS_AGENT_BELLS];
	__u8 verb[sizeof(struct vbus_msg) + VBUS_CALL_MAX];
	struct vbus_agent_offer offer;
	__le32 released;
	__u8 rsvd2[28];
};

/**
 * struct vbus_agent_board_mem - in the board's memory; written by the master but for @sentinel
 * @sentinel: VBUS_AGENT_MAGIC, written by the board: the master reads it once, across the link, to
 *	see that the window shows what it should
 * @magic: VBUS_AGENT_MAGIC when the master has accepted the board
 * @version: the master's
 * @ack: life number of the board that was accepted
 * @gen: life number of the master
 * @beat: changes as long as the master lives
 * @reply_seq: the request's verb_seq when its reply is complete
 * @reply_len: bytes of it, or 0: the request was refused
 * @event_seq: number of the last event written
 * @inbox: offset in the window of memory the board may put payload into
 * @inbox_len: its bytes
 * @rsvd: zero
 * @bell: one counter for each interrupt vector
 * @events: ring of events
 * @reply: the reply
 */
struct vbus_agent_board_mem {
	__le32 sentinel;
	__le32 magic;
	__le32 version;
	__le32 ack;
	__le32 gen;
	__le32 beat;
	__le32 reply_seq;
	__le32 reply_len;
	__le32 event_seq;
	__le32 inbox_len;
	__le64 inbox;
	__u8 rsvd[208];
	__le32 bell[VBUS_AGENT_BELLS];
	struct vbus_event events[VBUS_AGENT_EVENTS];
	__u8 reply[sizeof(struct vbus_msg) + VBUS_CALL_MAX];
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_agent_hello) == 160, "vbus_agent_hello");
_Static_assert(__builtin_offsetof(struct vbus_agent_master_mem, beat) == 160, "beat");
_Static_assert(sizeof(struct vbus_agent_master_mem) == 256 + 1024 + 4112 + 64,
	       "vbus_agent_master_mem");
_Static_assert(sizeof(struct vbus_agent_board_mem) == 256 + 1024 + 640 + 4112,
	       "vbus_agent_board_mem");
#endif

#endif /* _UAPI_LINUX_VBUS_AGENT_H */

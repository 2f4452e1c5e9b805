/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-enet: what its files share.
 *
 * A *port* (struct enet) is one network device. It has up to max_pairs *pairs*, each a receive and
 * a transmit queue served by one NAPI. Queues and buffers exist while the interface is up.
 *
 * Who may touch what: rtnl guards set-up and tear-down. While a pair is live, its receive half
 * belongs to its NAPI, its transmit half to the lock of its netdev queue.
 *
 * Memory per pair at the defaults, all of it coherent: receive queue (256 slots) 4 + 8 KiB,
 * transmit queue (128 slots) 2 + 1 KiB, four lines, transmit inbox 64 * 256 B = 16 KiB; with what
 * each rounds up to, 36 KiB. Receive buffers come on top and are recycled.
 */
#ifndef _VBUS_ENET_H
#define _VBUS_ENET_H

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>
#include <linux/vbus_enet.h>
#include <linux/workqueue.h>
#include <vbus/driver.h>
#include <vbus/listener.h>

#define ENET_DEFAULT_RX_SLOTS	256
#define ENET_DEFAULT_TX_SLOTS	128
#define ENET_MIN_SLOTS		64
#define ENET_MAX_SLOTS		2048

/* Longest frame, and longest linear part, that is copied into the inbox rather than mapped. */
#define ENET_CELL		256
/* Shortest frames are not worth a page of their own in the receiver's socket. */
#define ENET_COPYBREAK		256
/* Buffers given back before the device is shown them. */
#define ENET_RX_BATCH		16
/* Slots the largest packet takes; the stack is told to wait when fewer are left. */
#define ENET_TX_ROOM		(1 + VBUS_ENET_MAX_FRAGS)

/* A slot of the header's shape, for the ring functions. */
union enet_slot {
	struct vbus_slot slot;
	struct vbus_enet_hdr hdr;
};

struct enet;

/* A transmit slot whose memory waits for its completion; dma is 0 and len 0 for inbox slots. */
struct enet_tx_slot {
	struct sk_buff *skb;	/* at the last slot of its packet */
	dma_addr_t dma;
	u32 len;
	bool page;
};

struct enet_tx {
	struct vbus_queue *q;
	struct netdev_queue *txq;
	struct enet_tx_slot *slots;
	u8 *inbox;
	dma_addr_t inbox_dma;
	u32 size;
	u32 posted;		/* slots ever put; the array is indexed by it */
	u32 published;		/* of them, the device can see */
	u32 done;		/* slots ever completed */
	u32 held;		/* slots that hold a mapping or an skb */
	bool armed;		/* a completion will schedule the NAPI */
	bool broken;
	struct vbus_slot data[VBUS_ENET_MAX_FRAGS];	/* of the packet being sent */
	char name[48];
};

struct enet_rx {
	struct vbus_queue *q;
	struct page_pool *pool;
	struct page **pages;
	u32 size;
	u32 posted;		/* buffers ever posted; the array is indexed by it */
	u32 published;		/* of them, the device can see */
	u32 done;		/* buffers ever got back */
	bool broken;
	struct vbus_slot slots[VBUS_ENET_MAX_FRAGS];	/* of the packet being received */
	char name[48];
};

/* Counters of one direction of a pair; they survive the interface going down. */
struct enet_tx_stats {
	struct u64_stats_sync sync;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t copied;	/* packets that went through the inbox entirely */
	u64_stats_t mapped;	/* mappings made */
	u64_stats_t full;	/* times the queue was stopped */
	u64_stats_t dropped;
	u64_stats_t bad;	/* completions that made no sense */
};

struct enet_rx_stats {
	struct u64_stats_sync sync;
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t copybreak;
	u64_stats_t no_buffer;	/* refills that found no memory */
	u64_stats_t dropped;	/* no memory for an skb */
	u64_stats_t bad;	/* packets that made no sense */
};

/* What a queue counted in earlier lives. */
struct enet_qcount {
	u64 doorbells;
	u64 suppressed;
	u64 interrupts;
};

struct enet_pair {
	struct enet *enet;
	u32 index;
	struct napi_struct napi;
	struct delayed_work refill;	/* NAPI again after memory was short */
	struct enet_tx tx;
	struct enet_rx rx;
	struct enet_tx_stats tx_stats;
	struct enet_rx_stats rx_stats;
	struct enet_qcount tx_count;
	struct enet_qcount rx_count;
};

struct enet {
	struct vbus_proxy *proxy;
	struct device *dma_dev;
	struct net_device *dev;
	struct enet_pair *pairs;
	u32 max_pairs;
	u32 num_pairs;
	u32 rx_slots;
	u32 tx_slots;
	struct vbus_enet_info info;	/* as last validated */
	struct vbus_listener listener;
	unsigned long flags;
	bool live;		/* queues exist and UP was accepted; rtnl */
};

/* Bits of &enet.flags. */
enum {
	ENET_F_BROKEN,		/* a queue is unusable until the interface goes down */
	ENET_F_REFRESH,		/* ask for INFO */
	ENET_F_OWN_MAC,		/* the user chose the address */
};

static inline u32 enet_tx_free(const struct enet_tx *tx)
{
	return tx->size - (tx->posted - tx->done);
}

/* vbus-enet-main.c */
void enet_broken(struct enet *enet, const char *why);

/* vbus-enet-pair.c; process context, rtnl held */
int enet_pairs_init(struct enet *enet);
void enet_pairs_fini(struct enet *enet);
int enet_start(struct enet *enet);
void enet_stop(struct enet *enet);
int enet_set_pairs(struct enet *enet, u32 pairs);
int enet_set_slots(struct enet *enet, u32 rx_slots, u32 tx_slots);

/* vbus-enet-rx.c */
u32 enet_rx_buf_size(void);
int enet_rx_create(struct enet_pair *pair, u32 slots);
void enet_rx_destroy(struct enet_pair *pair);
bool enet_rx_refill(struct enet_pair *pair, gfp_t gfp);
int enet_rx_poll(struct enet_pair *pair, int budget);
bool enet_rx_arm(struct enet_pair *pair);

/* vbus-enet-tx.c */
int enet_tx_create(struct enet_pair *pair, u32 slots);
void enet_tx_destroy(struct enet_pair *pair);
netdev_tx_t enet_start_xmit(struct sk_buff *skb, struct net_device *dev);
bool enet_tx_poll(struct enet_pair *pair, int budget);

/* vbus-enet-ethtool.c */
extern const struct ethtool_ops enet_ethtool_ops;

#endif /* _VBUS_ENET_H */

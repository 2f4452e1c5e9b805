/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-loopback: what its files share.
 */
#ifndef _VBUS_LOOPBACK_H
#define _VBUS_LOOPBACK_H

#include <linux/dma-mapping.h>
#include <linux/spinlock.h>
#include <vbus/connector.h>

/* ---- table.c: the range table, which gives memory its peer addresses -------------------- */

/* What the device side may do with a range. */
#define LO_READ		0x1
#define LO_WRITE	0x2

/* A peer address is generation | index of the range | offset in the range. */
#define LO_OFFSET_BITS	28
#define LO_INDEX_BITS	20
#define LO_GEN_SHIFT	(LO_OFFSET_BITS + LO_INDEX_BITS)

#define LO_RANGE_MAX	BIT_ULL(LO_OFFSET_BITS)	/* bytes */
#define LO_CHUNK_RANGES	256
#define LO_CHUNKS	(BIT(LO_INDEX_BITS) / LO_CHUNK_RANGES)

struct lo_range;

/**
 * struct lo_table - the memory of one driver side
 * @lock: guards @free and @nchunks; any context. Inner to everything
 * @free: index of the first free range, or LO_NONE
 * @nchunks: how many of @chunks exist
 * @chunks: arrays of LO_CHUNK_RANGES ranges, made when needed, kept until the end
 */
struct lo_table {
	spinlock_t lock;	/* @free, @nchunks */
	u32 free;
	u32 nchunks;
	struct lo_range **chunks;
};

int lo_table_init(struct lo_table *t);
void lo_table_exit(struct lo_table *t);
dma_addr_t lo_table_add(struct lo_table *t, void *ptr, size_t len, u8 access, bool owned);
void lo_table_del(struct lo_table *t, dma_addr_t addr);
int lo_table_copy(struct lo_table *t, u64 addr, void *buf, size_t len, u8 access);
void *lo_table_pin(struct lo_table *t, u64 addr, size_t len);
void lo_table_unpin(struct lo_table *t, u64 addr);

/* ---- memory.c: both sides' views of the table ------------------------------------------- */

extern const struct dma_map_ops lo_dma_ops;		/* driver side: DMA API */
extern const struct vbus_memctx_ops lo_memctx_ops;	/* device side: memctx */

/* ---- loopback.c -------------------------------------------------------------------------- */

/**
 * struct loopback - both ends of one attachment
 * @client: device side's end
 * @bridge: driver side's end
 * @dev: the bridge's device: parent of the proxy devices, and who drivers map memory for. Its
 *	release frees this struct; @client holds a reference to it
 * @dma_parms: of @dev
 * @table: what the driver side has mapped
 * @vectors: interrupts towards the driver side
 * @lock: attach against detach; outer to all other locks
 * @nr: the N of "loopback.N"
 * @up: attached, and detach has not begun
 */
struct loopback {
	struct vbus_client client;
	struct vbus_bridge bridge;
	struct device dev;
	struct device_dma_parameters dma_parms;
	struct lo_table table;
	struct vbus_vectors vectors;
	struct mutex lock;	/* @up */
	int nr;
	bool up;
};

#endif /* _VBUS_LOOPBACK_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * disk-copy: stdin to the beginning of a "virtual-disk", or its beginning to stdout, with no block
 * device on this side.
 *
 *	usage: disk-copy write <FILE
 *	       disk-copy read BYTES >FILE
 *
 * Several requests are under way at a time. What was written is flushed at the end; the last
 * block is filled up with zeroes.
 */
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libvbus.h>
#include <linux/vbus_blk.h>

#define DEPTH	8		/* requests at a time */
#define CHUNK	65536u		/* bytes of one */
#define SLOTS	32

struct disk {
	struct vbus *bus;
	struct vbus_port *port;
	struct vbus_queue *events, *q;
	struct vbus_blk_config config;
	uint8_t *mem;
	__u64 addr;
	unsigned int chunk;	/* bytes of a request */
	unsigned int under_way;
	int8_t done[DEPTH];	/* by tag */
};

static int say(const char *what, int err)
{
	fprintf(stderr, "disk-copy: %s: %s\n", what, strerror(-err));
	return 1;
}

/* ---- requests ---------------------------------------------------------------------------- */

/* A header slot, and a data slot unless it is a flush. */
static int submit(struct disk *d, unsigned int op, unsigned int tag, uint64_t sector,
		  unsigned int bytes)
{
	union {
		struct vbus_blk_hdr hdr;
		struct vbus_slot slot;
	} head = { .hdr = {
		.sector = htole32(sector),
		.sector_hi = htole16(sector >> 32),
		.tag = htole16(tag),
		.op = op,
		.frags = bytes ? 1 : 0,
		.slot_flags = bytes ? VBUS_SLOT_F_MORE : 0,
	} };

	if (vbus_queue_room(d->q) < 2)
		return -ENOSPC;
	vbus_queue_put_slot(d->q, &head.slot);
	if (bytes)
		vbus_queue_put(d->q, d->addr + tag * CHUNK, bytes, 0);
	vbus_queue_publish(d->q);
	d->done[tag] = 0;
	d->under_way++;
	return 0;
}

/* Completions come in any order. */
static int take_completion(struct disk *d, const struct vbus_slot *slot, unsigned int slots)
{
	uint64_t v = le64toh(slot->addr);
	unsigned int tag = v & VBUS_BLK_CPL_TAG_MASK;
	unsigned int status = v >> VBUS_BLK_CPL_STATUS_SHIFT & 0xffff;

	if (tag >= DEPTH)
		return -EPROTO;
	vbus_queue_done(d->q, slots);
	d->under_way--;
	d->done[tag] = 1;
	if (status != VBUS_BLK_S_OK)
		fprintf(stderr, "disk-copy: the disk answers with status %u\n", status);
	return status == VBUS_BLK_S_OK ? 0 : -EIO;
}

/* Until the request with this tag is done. @slots: how many each one has that is under way. */
static int wait_for_tag(struct disk *d, unsigned int tag, unsigned int slots)
{
	struct vbus_slot slot;
	int ret;

	while (!d->done[tag]) {
		ret = vbus_queue_wait(d->q, 30000);
		if (ret <= 0)
			return ret ? ret : -ETIMEDOUT;
		while (vbus_queue_get(d->q, &slot)) {
			ret = take_completion(d, &slot, slots);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* ---- copying ----------------------------------------------------------------------------- */

/* Fills the buffer as far as there is input, and up to a block with zeroes. */
static ssize_t read_input(struct disk *d, unsigned int tag)
{
	unsigned int block = le32toh(d->config.block_size), have = 0;
	uint8_t *buf = d->mem + tag * CHUNK;
	ssize_t n = 1;

	while (have < d->chunk && n) {
		n = read(0, buf + have, d->chunk - have);
		if (n < 0)
			return -errno;
		have += n;
	}
	while (have % block)
		buf[have++] = 0;
	return have;
}

static int copy_in(struct disk *d)
{
	uint64_t sector = 0;
	unsigned int tag;
	ssize_t n;
	int err;

	for (tag = 0;; tag = (tag + 1) % DEPTH) {
		err = wait_for_tag(d, tag, 2);
		if (err)
			return err;
		n = read_input(d, tag);
		if (n < 0)
			return n;
		if (!n)
			break;
		err = submit(d, VBUS_BLK_OP_WRITE, tag, sector, n);
		if (err)
			return err;
		sector += n / 512;
	}
	for (tag = 0; tag < DEPTH; tag++) {
		err = wait_for_tag(d, tag, 2);
		if (err)
			return err;
	}
	err = submit(d, VBUS_BLK_OP_FLUSH, 0, 0, 0);
	return err ? err : wait_for_tag(d, 0, 1);
}

static int write_output(const uint8_t *buf, size_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= n) {
		n = write(1, buf, len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* Reads run ahead of what was put out by as many as there are buffers. */
static int copy_out(struct disk *d, uint64_t bytes)
{
	unsigned int block = le32toh(d->config.block_size), tag;
	uint64_t asked = 0, got = 0, n;
	int err = 0;

	for (tag = 0; !err && got < bytes; tag = (tag + 1) % DEPTH) {
		for (; !err && asked < bytes && asked < got + (uint64_t)DEPTH * d->chunk; asked += n) {
			n = bytes - asked < d->chunk ? bytes - asked : d->chunk;
			err = submit(d, VBUS_BLK_OP_READ, asked / d->chunk % DEPTH, asked / 512,
				     (n + block - 1) / block * block);
		}
		if (!err)
			err = wait_for_tag(d, tag, 2);
		n = bytes - got < d->chunk ? bytes - got : d->chunk;
		if (!err)
			err = write_output(d->mem + tag * CHUNK, n);
		got += n;
	}
	return err;
}

/* ---- setting up -------------------------------------------------------------------------- */

/* A medium may come later than the drive. */
static int disk_start(struct disk *d)
{
	ssize_t ret;
	int i;

	for (i = 0; i < 100; i++) {
		ret = vbus_port_call(d->port, VBUS_BLK_CALL_CONFIG, NULL, 0, &d->config,
				     sizeof(d->config));
		if (ret < 0)
			return ret;
		if (ret != sizeof(d->config))
			return -EPROTO;
		if (le32toh(d->config.flags) & VBUS_BLK_CFG_ONLINE)
			break;
		usleep(50000);
	}
	ret = vbus_port_call(d->port, VBUS_BLK_CALL_START, &d->config.generation,
			     sizeof(d->config.generation), NULL, 0);
	return ret < 0 ? ret : 0;
}

static int disk_open(struct disk *d)
{
	__u64 features = VBUS_BLK_F_FLUSH;
	int ret;

	ret = vbus_find_port(d->bus, VBUS_BLK_TYPE, 5000);
	if (ret < 0)
		return ret;
	ret = vbus_port_open(d->bus, ret, VBUS_BLK_VERSION, &features, &d->port);
	if (!ret)
		ret = vbus_queue_create(d->port, VBUS_BLK_Q_EVENT, 0, 16, &d->events);
	if (!ret)
		ret = vbus_queue_create(d->port, VBUS_BLK_Q_REQ(0), SLOTS, SLOTS, &d->q);
	if (ret)
		return ret;
	memset(d->done, 1, sizeof(d->done));
	d->mem = vbus_mem_alloc(d->bus, DEPTH * CHUNK, &d->addr);
	if (!d->mem)
		return -errno;
	ret = disk_start(d);
	d->chunk = le32toh(d->config.max_bytes);
	if (d->chunk > CHUNK)
		d->chunk = CHUNK;
	return ret ? ret : d->chunk ? 0 : -ENOMEDIUM;
}

int main(int argc, char **argv)
{
	struct disk d = { 0 };
	int err;

	if (!(argc == 2 && !strcmp(argv[1], "write")) && !(argc == 3 && !strcmp(argv[1], "read")))
		return say("arguments", -EINVAL);
	err = vbus_attach(NULL, &d.bus);
	if (err)
		return say("/dev/vbus", err);
	err = disk_open(&d);
	if (err)
		return say("the disk", err);
	err = argc == 2 ? copy_in(&d) : copy_out(&d, strtoull(argv[2], NULL, 0));
	if (err)
		say("copying", err);
	vbus_detach(d.bus);
	return err != 0;
}

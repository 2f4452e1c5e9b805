// SPDX-License-Identifier: GPL-2.0
/*
 * console-cat: stdin to line 0 of a "virtual-console" and its bytes to stdout, with no tty on this
 * side.
 *
 *	usage: console-cat [-n BYTES] [-t SECONDS]
 *
 * It ends when stdin has ended, everything was taken, and BYTES (0) have come, or after SECONDS
 * (60).
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <libvbus.h>
#include <linux/vbus_console.h>

#define SLOTS	16
#define BUF	4096u

struct line {
	struct vbus *bus;
	struct vbus_port *port;
	struct vbus_queue *events, *rx, *tx;
	uint8_t *rx_mem, *tx_mem;
	__u64 rx_addr, tx_addr;
	uint32_t sent, done;	/* slots of tx */
	bool eof;
	unsigned long came;
};

static int say(const char *what, int err)
{
	fprintf(stderr, "console-cat: %s: %s\n", what, strerror(-err));
	return 1;
}

/* ---- out --------------------------------------------------------------------------------- */

static void reap(struct line *l)
{
	struct vbus_slot slot;
	uint32_t done = l->done;

	while (vbus_queue_get(l->tx, &slot))
		done = le64toh(slot.addr);
	vbus_queue_done(l->tx, done - l->done);
	l->done = done;
}

/* As much as there is room for. Return: 0 or -errno. */
static int send_input(struct line *l)
{
	unsigned int at;
	ssize_t n;

	for (reap(l); !l->eof && vbus_queue_room(l->tx); l->sent++) {
		at = l->sent % SLOTS * BUF;
		n = read(0, l->tx_mem + at, BUF);
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		l->eof = !n;
		if (!n)
			break;
		vbus_queue_put(l->tx, l->tx_addr + at, n, 0);
		vbus_queue_publish(l->tx);
	}
	return 0;
}

/* ---- in ---------------------------------------------------------------------------------- */

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

static int receive(struct line *l)
{
	struct vbus_slot slot;
	uint64_t at;
	size_t len;
	int err;

	while (vbus_queue_get(l->rx, &slot)) {
		at = le64toh(slot.addr) - l->rx_addr;
		len = le32toh(slot.lf) & VBUS_SLOT_LEN_MASK;
		if (at > (SLOTS - 1) * BUF || len > BUF)
			return -EPROTO;
		err = write_output(l->rx_mem + at, len);
		if (err)
			return err;
		l->came += len;
		vbus_queue_done(l->rx, 1);
		vbus_queue_put(l->rx, le64toh(slot.addr), BUF, 0);
		vbus_queue_publish(l->rx);
	}
	return 0;
}

/* ---- running ----------------------------------------------------------------------------- */

/* Whatever happens first: input, an interrupt of either queue, something about the bus. */
static int sleep_a_while(struct line *l)
{
	struct pollfd pfd[] = {
		{ .fd = vbus_fd(l->bus), .events = POLLIN },
		{ .fd = vbus_queue_fd(l->rx), .events = POLLIN },
		{ .fd = vbus_queue_fd(l->tx), .events = POLLIN },
		{ .fd = l->eof || !vbus_queue_room(l->tx) ? -1 : 0, .events = POLLIN },
	};
	struct vbus_event ev;
	int ret = 0;

	/* Not ||: both have to be armed. */
	if (vbus_queue_arm(l->rx) | vbus_queue_arm(l->tx))
		return 0;
	if (poll(pfd, 4, 1000) < 0 && errno != EINTR)
		return -errno;
	if (pfd[0].revents)
		ret = vbus_event_get(l->bus, &ev, 0);
	if (ret == 1 && le32toh(ev.event) == VBUS_EV_DEVDROP)
		return -ENODEV;
	return ret < 0 ? ret : 0;
}

static int run(struct line *l, unsigned long bytes, time_t seconds)
{
	time_t end = time(NULL) + seconds;
	int err;

	for (;;) {
		err = send_input(l);
		if (!err)
			err = receive(l);
		if (err)
			return err;
		if (l->eof && l->sent == l->done && l->came >= bytes)
			return 0;
		if (time(NULL) > end)
			return -ETIMEDOUT;
		err = sleep_a_while(l);
		if (err)
			return err;
	}
}

static int line_open(struct line *l)
{
	int ret, i;

	ret = vbus_find_port(l->bus, VBUS_CONSOLE_TYPE, 5000);
	if (ret < 0)
		return ret;
	ret = vbus_port_open(l->bus, ret, VBUS_CONSOLE_VERSION, NULL, &l->port);
	if (!ret)
		ret = vbus_queue_create(l->port, VBUS_CONSOLE_Q_EVENT, 0, 16, &l->events);
	if (!ret)
		ret = vbus_queue_create(l->port, VBUS_CONSOLE_Q_RX(0), SLOTS, SLOTS, &l->rx);
	if (!ret)
		ret = vbus_queue_create(l->port, VBUS_CONSOLE_Q_TX(0), SLOTS, SLOTS, &l->tx);
	if (ret)
		return ret;
	l->rx_mem = vbus_mem_alloc(l->bus, SLOTS * BUF, &l->rx_addr);
	l->tx_mem = vbus_mem_alloc(l->bus, SLOTS * BUF, &l->tx_addr);
	if (!l->rx_mem || !l->tx_mem)
		return -errno;
	for (i = 0; i < SLOTS; i++)
		vbus_queue_put(l->rx, l->rx_addr + i * BUF, BUF, 0);
	vbus_queue_publish(l->rx);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long bytes = 0;
	time_t seconds = 60;
	struct line l = { 0 };
	int opt, err;

	while ((opt = getopt(argc, argv, "n:t:")) != -1) {
		switch (opt) {
		case 'n':
			bytes = strtoul(optarg, NULL, 0);
			break;
		case 't':
			seconds = strtoul(optarg, NULL, 0);
			break;
		default:
			return 2;
		}
	}
	fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
	err = vbus_attach(NULL, &l.bus);
	if (err)
		return say("/dev/vbus", err);
	err = line_open(&l);
	if (err)
		return say("the console", err);
	err = run(&l, bytes, seconds);
	if (err)
		say("it ended", err);
	vbus_detach(l.bus);
	return err != 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * echo-ping: messages to an "echo" device and back, by call and by queue, all of them verified.
 *
 *	usage: echo-ping [-c COUNT] [-s BYTES] [-t SECONDS] [-e] [call|queue|both]
 *
 * -t goes on for that long instead of COUNT times; -e rings by eventfd instead of by ioctl.
 * Run it in a process that is a member of a bus with an echo device:
 *
 *	(echo mybus > /proc/self/vbus; echo-ping)
 */
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <libvbus.h>
#include <linux/vbus_echo.h>

#define SLOTS	16

static unsigned int count = 100, size = 64;
static time_t seconds;
static bool by_eventfd;

/* -errno to a message and an exit status. */
static int say(const char *what, int err)
{
	fprintf(stderr, "echo-ping: %s: %s\n", what, strerror(-err));
	return 1;
}

static bool go_on(unsigned int n, time_t since)
{
	return seconds ? time(NULL) - since < seconds : n < count;
}

/* Something that is different in each message and reads differently backwards. */
static void fill(uint8_t *p, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		p[i] = (n * 31 + i * 7 + (i >> 8)) & 0xff;
}

static int ping_calls(struct vbus_port *port)
{
	uint8_t in[VBUS_CALL_MAX], out[VBUS_CALL_MAX];
	time_t since = time(NULL);
	unsigned int n;
	ssize_t ret;

	for (n = 0; go_on(n, since); n++) {
		fill(in, n);
		ret = vbus_port_call(port, VBUS_ECHO_CALL_ECHO, in, size, out, sizeof(out));
		if (ret < 0)
			return say("call", ret);
		if (ret != (ssize_t)size || memcmp(in, out, size))
			return say("what came back is not what was sent", -EIO);
	}
	printf("%u calls of %u bytes\n", n, size);
	return 0;
}

static int check_reversed(const uint8_t *p, unsigned int n)
{
	uint8_t *want = malloc(size);
	unsigned int i;
	int bad = 0;

	if (!want)
		return -ENOMEM;
	fill(want, n);
	for (i = 0; i < size; i++)
		bad |= p[i] != want[size - 1 - i];
	free(want);
	return bad ? -EIO : 0;
}

/* The device reverses the buffer in place and completes it in order. */
static int ping_once(struct vbus_queue *q, uint8_t *buf, __u64 addr, unsigned int n)
{
	struct vbus_slot slot;
	int ret;

	fill(buf, n);
	ret = vbus_queue_put(q, addr, size, 0);
	if (ret)
		return ret;
	vbus_queue_publish(q);
	while (!vbus_queue_get(q, &slot)) {
		ret = vbus_queue_wait(q, 5000);
		if (ret <= 0)
			return ret ? ret : -ETIMEDOUT;
	}
	vbus_queue_done(q, 1);
	if (le64toh(slot.addr) != addr)
		return -EPROTO;
	return check_reversed(buf, n);
}

/* An eventfd rings, too: every request announced by it once more, whatever the ring says. */
static int ring_by_eventfd(struct vbus_queue *q)
{
	uint64_t one = 1;
	int fd = vbus_queue_doorbell_fd(q);

	if (fd < 0)
		return fd;
	return write(fd, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
}

static int ping_queue(struct vbus *bus, struct vbus_port *port)
{
	time_t since = time(NULL);
	struct vbus_queue *q;
	unsigned int n;
	uint8_t *buf;
	__u64 addr;
	int err;

	err = vbus_queue_create(port, VBUS_ECHO_QUEUE, SLOTS, SLOTS, &q);
	if (err)
		return say("queue", err);
	buf = vbus_mem_alloc(bus, size, &addr);
	if (!buf)
		return say("memory", -errno);
	for (n = 0; go_on(n, since); n++) {
		err = ping_once(q, buf, addr, n);
		if (!err && by_eventfd)
			err = ring_by_eventfd(q);
		if (err)
			return say("round trip", err);
	}
	printf("%u round trips of %u bytes\n", n, size);
	vbus_queue_destroy(q);
	return vbus_mem_free(bus, buf);
}

static int ping(struct vbus *bus, const char *kind)
{
	struct vbus_port *port;
	int ret;

	ret = vbus_find_port(bus, VBUS_ECHO_TYPE, 5000);
	if (ret < 0)
		return say("no echo device on the bus", ret);
	ret = vbus_port_open(bus, ret, VBUS_ECHO_VERSION, NULL, &port);
	if (ret)
		return say("open", ret);
	if (strcmp(kind, "queue") && size <= VBUS_CALL_MAX)
		ret = ping_calls(port);
	if (!ret && strcmp(kind, "call"))
		ret = ping_queue(bus, port);
	vbus_port_close(port);
	return ret;
}

int main(int argc, char **argv)
{
	const char *kind;
	struct vbus *bus;
	int opt, ret;

	while ((opt = getopt(argc, argv, "c:s:t:e")) != -1) {
		switch (opt) {
		case 'c':
			count = strtoul(optarg, NULL, 0);
			break;
		case 's':
			size = strtoul(optarg, NULL, 0);
			break;
		case 't':
			seconds = strtoul(optarg, NULL, 0);
			break;
		case 'e':
			by_eventfd = true;
			break;
		default:
			return 2;
		}
	}
	kind = optind < argc ? argv[optind] : "both";
	if (!size || size > VBUS_ECHO_MAX || (!strcmp(kind, "call") && size > VBUS_CALL_MAX))
		return say("this many bytes", -EINVAL);
	ret = vbus_attach(NULL, &bus);
	if (ret)
		return say("/dev/vbus", ret);
	ret = ping(bus, kind);
	vbus_detach(bus);
	return ret;
}

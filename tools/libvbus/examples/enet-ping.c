// SPDX-License-Identifier: GPL-2.0
/*
 * enet-ping: sends and receives Ethernet frames through a "virtual-ethernet" port, with no network
 * interface on this side: answers ARP and ping for ADDRESS, and pings PEER if there is one.
 *
 *	usage: enet-ping [-c COUNT] [-s BYTES] [-t SECONDS] ADDRESS [PEER]
 *
 * Without PEER it goes on for SECONDS, or until it is killed.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <libvbus.h>
#include <linux/vbus_enet.h>

#define SLOTS	64		/* of requests, both ways */
#define BUFS	(SLOTS / 2)	/* frames to send: a header slot and one of data each */
#define BUF	VBUS_ENET_MIN_BUF
#define BODY	(BUF - sizeof(struct ethhdr) - sizeof(struct iphdr) - sizeof(struct icmphdr))

struct nic {
	struct vbus *bus;
	struct vbus_port *port;
	struct vbus_queue *events, *rx, *tx;
	uint8_t mac[ETH_ALEN];
	uint8_t *rx_mem, *tx_mem;
	__u64 rx_addr, tx_addr;
	uint32_t sent, done;	/* request slots of tx */
	uint32_t tx_next;	/* buffer */
	in_addr_t ip;
	unsigned int replies;
};

static unsigned int count = 5, body = 56;
static time_t seconds;

static int say(const char *what, int err)
{
	fprintf(stderr, "enet-ping: %s: %s\n", what, strerror(-err));
	return 1;
}

/* ---- frames out -------------------------------------------------------------------------- */

/* Completions of tx are cumulative: the last says how many slots are done. */
static void tx_reap(struct nic *nic)
{
	struct vbus_slot slot;
	uint32_t done = nic->done;

	while (vbus_queue_get(nic->tx, &slot))
		done = le64toh(slot.addr);
	vbus_queue_done(nic->tx, done - nic->done);
	nic->done = done;
}

static int tx_wait_room(struct nic *nic)
{
	int ret;

	for (tx_reap(nic); vbus_queue_room(nic->tx) < 2; tx_reap(nic)) {
		ret = vbus_queue_wait(nic->tx, 3000);
		if (ret <= 0)
			return ret ? ret : -ETIMEDOUT;
	}
	return 0;
}

/* A packet is a header slot and slots of data; the header asks for no offload. */
static int send_frame(struct nic *nic, const void *frame, size_t len)
{
	union {
		struct vbus_enet_hdr hdr;
		struct vbus_slot slot;
	} head = { .hdr = { .frags = 1, .slot_flags = VBUS_SLOT_F_MORE } };
	uint32_t at = nic->tx_next++ % BUFS * BUF;
	int err;

	err = tx_wait_room(nic);
	if (err)
		return err;
	memcpy(nic->tx_mem + at, frame, len);
	vbus_queue_put_slot(nic->tx, &head.slot);
	vbus_queue_put(nic->tx, nic->tx_addr + at, len, 0);
	vbus_queue_publish(nic->tx);
	return 0;
}

/* ---- frames in --------------------------------------------------------------------------- */

static void rx_post(struct nic *nic, __u64 addr)
{
	vbus_queue_put(nic->rx, addr, BUF, 0);
}

/* One packet: a header slot, then one slot for each buffer used. Return: bytes, 0 if none. */
static size_t receive_frame(struct nic *nic, uint8_t *frame, size_t room)
{
	struct vbus_slot slot;
	size_t len = 0, n;
	__u64 at;

	if (!vbus_queue_get(nic->rx, &slot))
		return 0;
	do {
		/* A packet is there as a whole or not at all. */
		if (!vbus_queue_get(nic->rx, &slot))
			return 0;
		n = le32toh(slot.lf) & VBUS_SLOT_LEN_MASK;
		at = le64toh(slot.addr) - nic->rx_addr;
		if (at < (__u64)SLOTS * BUF && n <= BUF && len + n <= room) {
			memcpy(frame + len, nic->rx_mem + at, n);
			len += n;
		}
		vbus_queue_done(nic->rx, 1);
		rx_post(nic, le64toh(slot.addr));
	} while (le32toh(slot.lf) >> VBUS_SLOT_FLAG_SHIFT & VBUS_SLOT_F_MORE);
	vbus_queue_publish(nic->rx);
	return len;
}

/* ---- protocols --------------------------------------------------------------------------- */

struct arp_frame {
	struct ethhdr eth;
	struct ether_arp arp;
} __attribute__((__packed__));

struct ping_frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct icmphdr icmp;
	uint8_t body[BODY];
} __attribute__((__packed__));

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static int send_arp(struct nic *nic, int op, const uint8_t *to, in_addr_t ip)
{
	static const uint8_t all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct arp_frame f = {
		.eth.h_proto = htons(ETH_P_ARP),
		.arp.ea_hdr = {
			.ar_hrd = htons(ARPHRD_ETHER), .ar_pro = htons(ETH_P_IP),
			.ar_hln = ETH_ALEN, .ar_pln = 4, .ar_op = htons(op),
		},
	};

	memcpy(f.eth.h_dest, to ? to : all, ETH_ALEN);
	memcpy(f.eth.h_source, nic->mac, ETH_ALEN);
	memcpy(f.arp.arp_sha, nic->mac, ETH_ALEN);
	memcpy(f.arp.arp_spa, &nic->ip, 4);
	if (to)
		memcpy(f.arp.arp_tha, to, ETH_ALEN);
	memcpy(f.arp.arp_tpa, &ip, 4);
	return send_frame(nic, &f, sizeof(f));
}

/* An answer is the question with source and destination exchanged. */
static int answer_ping(struct nic *nic, struct ping_frame *f, size_t len)
{
	in_addr_t from = f->ip.saddr;

	memcpy(f->eth.h_dest, f->eth.h_source, ETH_ALEN);
	memcpy(f->eth.h_source, nic->mac, ETH_ALEN);
	f->ip.saddr = f->ip.daddr;
	f->ip.daddr = from;
	f->icmp.type = ICMP_ECHOREPLY;
	f->icmp.checksum = 0;
	f->icmp.checksum = checksum(&f->icmp, ntohs(f->ip.tot_len) - sizeof(f->ip));
	return send_frame(nic, f, len);
}

/* What the peer's hardware address is, once it has said. */
static uint8_t peer_mac[ETH_ALEN];
static bool peer_known;

static int handle_arp(struct nic *nic, const struct arp_frame *f, size_t len, in_addr_t peer)
{
	in_addr_t from, to;

	if (len < sizeof(*f))
		return 0;
	memcpy(&from, f->arp.arp_spa, 4);
	memcpy(&to, f->arp.arp_tpa, 4);
	if (from == peer && !peer_known) {
		memcpy(peer_mac, f->arp.arp_sha, ETH_ALEN);
		peer_known = true;
	}
	if (ntohs(f->arp.ea_hdr.ar_op) != ARPOP_REQUEST || to != nic->ip)
		return 0;
	return send_arp(nic, ARPOP_REPLY, f->arp.arp_sha, from);
}

static int handle_ip(struct nic *nic, struct ping_frame *f, size_t len, in_addr_t peer)
{
	if (len < sizeof(*f) - sizeof(f->body) || f->ip.ihl != 5 || f->ip.daddr != nic->ip ||
	    f->ip.protocol != IPPROTO_ICMP || ntohs(f->ip.tot_len) > len - sizeof(f->eth) ||
	    ntohs(f->ip.tot_len) < sizeof(f->ip) + sizeof(f->icmp))
		return 0;
	if (f->icmp.type == ICMP_ECHO)
		return answer_ping(nic, f, len);
	if (f->icmp.type == ICMP_ECHOREPLY && f->ip.saddr == peer &&
	    !checksum(&f->icmp, ntohs(f->ip.tot_len) - sizeof(f->ip)))
		nic->replies++;
	return 0;
}

/* Handle all that has come. */
static int handle_frames(struct nic *nic, in_addr_t peer)
{
	struct ping_frame f;
	int err = 0;
	size_t len;

	while (!err && (len = receive_frame(nic, (uint8_t *)&f, sizeof(f)))) {
		if (len < sizeof(f.eth))
			continue;
		if (f.eth.h_proto == htons(ETH_P_ARP))
			err = handle_arp(nic, (struct arp_frame *)&f, len, peer);
		else if (f.eth.h_proto == htons(ETH_P_IP))
			err = handle_ip(nic, &f, len, peer);
	}
	return err;
}

static int send_ping(struct nic *nic, in_addr_t peer, unsigned int seq)
{
	struct ping_frame f = { .eth.h_proto = htons(ETH_P_IP) };
	size_t bytes = sizeof(f.icmp) + body;

	if (!peer_known)
		return send_arp(nic, ARPOP_REQUEST, NULL, peer);
	memcpy(f.eth.h_dest, peer_mac, ETH_ALEN);
	memcpy(f.eth.h_source, nic->mac, ETH_ALEN);
	f.ip.version = 4;
	f.ip.ihl = 5;
	f.ip.ttl = 64;
	f.ip.protocol = IPPROTO_ICMP;
	f.ip.tot_len = htons(sizeof(f.ip) + bytes);
	f.ip.saddr = nic->ip;
	f.ip.daddr = peer;
	f.ip.check = checksum(&f.ip, sizeof(f.ip));
	f.icmp.type = ICMP_ECHO;
	f.icmp.un.echo.id = htons(getpid() & 0xffff);
	f.icmp.un.echo.sequence = htons(seq);
	memset(f.body, seq, body);
	f.icmp.checksum = checksum(&f.icmp, bytes);
	return send_frame(nic, &f, sizeof(f.eth) + sizeof(f.ip) + bytes);
}

/* ---- setting up -------------------------------------------------------------------------- */

static int nic_queues(struct nic *nic)
{
	int err, i;

	err = vbus_queue_create(nic->port, VBUS_ENET_Q_EVENT, 0, 16, &nic->events);
	if (!err)
		err = vbus_queue_create(nic->port, VBUS_ENET_Q_RX(0), SLOTS, 2 * SLOTS, &nic->rx);
	if (!err)
		err = vbus_queue_create(nic->port, VBUS_ENET_Q_TX(0), SLOTS, SLOTS, &nic->tx);
	if (err)
		return err;
	nic->rx_mem = vbus_mem_alloc(nic->bus, SLOTS * BUF, &nic->rx_addr);
	nic->tx_mem = vbus_mem_alloc(nic->bus, BUFS * BUF, &nic->tx_addr);
	if (!nic->rx_mem || !nic->tx_mem)
		return -errno;
	for (i = 0; i < SLOTS; i++)
		rx_post(nic, nic->rx_addr + i * BUF);
	vbus_queue_publish(nic->rx);
	return 0;
}

static int nic_open(struct nic *nic)
{
	struct vbus_enet_up up = { .pairs = htole32(1), .rx_buf = htole32(BUF) };
	struct vbus_enet_info info;
	ssize_t ret;

	ret = vbus_find_port(nic->bus, VBUS_ENET_TYPE, 5000);
	if (ret < 0)
		return ret;
	ret = vbus_port_open(nic->bus, ret, VBUS_ENET_VERSION, NULL, &nic->port);
	if (ret)
		return ret;
	ret = vbus_port_call(nic->port, VBUS_ENET_CALL_INFO, NULL, 0, &info, sizeof(info));
	if (ret < 0)
		return ret;
	if (ret != sizeof(info))
		return -EPROTO;
	memcpy(nic->mac, info.mac, ETH_ALEN);
	ret = nic_queues(nic);
	if (ret)
		return ret;
	ret = vbus_port_call(nic->port, VBUS_ENET_CALL_UP, &up, sizeof(up), NULL, 0);
	return ret < 0 ? ret : 0;
}

/* ---- running ----------------------------------------------------------------------------- */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int run(struct nic *nic, in_addr_t peer)
{
	long begun = now_ms(), next = begun;
	unsigned int tries = 0;
	int ret;

	for (;;) {
		ret = handle_frames(nic, peer);
		if (ret)
			return ret;
		if (peer && nic->replies >= count)
			return 0;
		if (seconds && now_ms() - begun >= seconds * 1000)
			return peer ? -ETIMEDOUT : 0;
		if (peer && now_ms() >= next) {
			if (tries++ == count + 50)
				return -ETIMEDOUT;
			ret = send_ping(nic, peer, tries);
			if (ret)
				return ret;
			next = now_ms() + 100;
		}
		ret = vbus_queue_wait(nic->rx, 100);
		if (ret < 0)
			return ret;
	}
}

int main(int argc, char **argv)
{
	in_addr_t peer = 0;
	struct nic nic = { 0 };
	int opt, ret;

	while ((opt = getopt(argc, argv, "c:s:t:")) != -1) {
		switch (opt) {
		case 'c':
			count = strtoul(optarg, NULL, 0);
			break;
		case 's':
			body = strtoul(optarg, NULL, 0);
			break;
		case 't':
			seconds = strtoul(optarg, NULL, 0);
			break;
		default:
			return 2;
		}
	}
	if (optind >= argc || body > 1472 || inet_pton(AF_INET, argv[optind], &nic.ip) != 1 ||
	    (optind + 1 < argc && inet_pton(AF_INET, argv[optind + 1], &peer) != 1))
		return say("arguments", -EINVAL);
	ret = vbus_attach(NULL, &nic.bus);
	if (ret)
		return say("/dev/vbus", ret);
	ret = nic_open(&nic);
	if (ret)
		return say("the port", ret);
	ret = run(&nic, peer);
	if (ret)
		say("it ended", ret);
	if (peer)
		printf("%u replies\n", nic.replies);
	vbus_detach(nic.bus);
	return ret != 0;
}

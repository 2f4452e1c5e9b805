// SPDX-License-Identifier: GPL-2.0
/*
 * udpflood ADDRESS PORT BYTES COUNT BURST: sends COUNT datagrams to an IPv4 address, as fast as the
 * interface takes them, BURST (up to 64) with each system call: these are segments of one large
 * packet, which the stack hands to the driver one after the other. Prints the nanoseconds it took.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define UDP_SEGMENT_OPTION	103
#define BURST_MAX		64

static char data[BURST_MAX * 1024];

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timespec from, until;
	long count, burst, sent;
	int sock, bytes;

	if (argc != 6 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		goto usage;
	to.sin_port = htons(atoi(argv[2]));
	bytes = atoi(argv[3]);
	count = atol(argv[4]);
	burst = atol(argv[5]);
	if (bytes < 1 || burst < 1 || burst > BURST_MAX || bytes * burst > 65000 || count < 0)
		goto usage;
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0) {
		perror("udpflood: socket");
		return 1;
	}
	if (burst > 1 && setsockopt(sock, IPPROTO_UDP, UDP_SEGMENT_OPTION, &bytes, sizeof(bytes))) {
		perror("udpflood: UDP_SEGMENT");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (sent = 0; sent < count; sent += burst) {
		if (sendto(sock, data, bytes * burst, 0, (void *)&to, sizeof(to)) < 0) {
			perror("udpflood: sendto");
			return 1;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	printf("%lld\n", (until.tv_sec - from.tv_sec) * 1000000000ll +
			 (until.tv_nsec - from.tv_nsec));
	return 0;

usage:
	fprintf(stderr, "usage: udpflood ADDRESS PORT BYTES COUNT BURST\n");
	return 2;
}

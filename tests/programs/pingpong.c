// SPDX-License-Identifier: GPL-2.0
/*
 * pingpong server PORT BUSY, pingpong ADDRESS PORT BUSY COUNT: datagrams of 14 bytes over IPv4 there and
 * back, one at a time. Whoever waits for one has his socket poll for BUSY microseconds first
 * (SO_BUSY_POLL). The client prints how many microseconds COUNT round trips took, and fails if an
 * answer takes longer than two seconds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

static char data[14];

static int answer(int sock, struct sockaddr_in *own)
{
	struct sockaddr_in from;
	socklen_t len;
	ssize_t n;

	if (bind(sock, (struct sockaddr *)own, sizeof(*own)))
		return perror("bind"), 1;
	for (;;) {
		len = sizeof(from);
		n = recvfrom(sock, data, sizeof(data), 0, (struct sockaddr *)&from, &len);
		if (n >= 0)
			sendto(sock, data, n, 0, (struct sockaddr *)&from, len);
	}
}

static int ask(int sock, struct sockaddr_in *to, long count)
{
	struct timeval limit = { .tv_sec = 2 };
	struct timespec from, until;
	long i;

	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(sock, (struct sockaddr *)to, sizeof(*to)))
		return perror("connect"), 1;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < count; i++) {
		if (send(sock, data, sizeof(data), 0) < 0 || recv(sock, data, sizeof(data), 0) < 0)
			return perror("pingpong"), 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	printf("%lld\n", (until.tv_sec - from.tv_sec) * 1000000LL +
			 (until.tv_nsec - from.tv_nsec) / 1000);
	return 0;
}

int main(int argc, char **argv)
{
	bool server = argc == 4 && !strcmp(argv[1], "server");
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int sock, busy;

	if (!server && (argc != 5 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1)) {
		fprintf(stderr, "usage: pingpong server PORT BUSY | pingpong ADDRESS PORT BUSY COUNT\n");
		return 2;
	}
	addr.sin_port = htons(atoi(argv[2]));
	busy = atoi(argv[3]);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_BUSY_POLL, &busy, sizeof(busy)))
		return perror("socket"), 1;
	return server ? answer(sock, &addr) : ask(sock, &addr, atol(argv[4]));
}

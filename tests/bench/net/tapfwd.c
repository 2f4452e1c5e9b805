// SPDX-License-Identifier: GPL-2.0
/*
 * What a virtual network served in user space does at the least: two taps and a process that
 * reads frames from one and writes them to the other, both ways.
 * usage: tapfwd NAME NAME    makes both taps and forwards until it is killed
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fd[2];

static int tap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int tap = open("/dev/net/tun", O_RDWR);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &ifr) < 0) {
		perror(name);
		return -1;
	}
	return tap;
}

static void forward(int from, int to)
{
	static _Thread_local char frame[65536];
	ssize_t n;

	while ((n = read(from, frame, sizeof(frame))) > 0)
		if (write(to, frame, n) < 0)
			perror("tapfwd: write");
}

static void *back(void *arg)
{
	forward(fd[1], fd[0]);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 3) {
		fprintf(stderr, "usage: tapfwd NAME NAME\n");
		return 2;
	}
	fd[0] = tap_open(argv[1]);
	fd[1] = tap_open(argv[2]);
	if (fd[0] < 0 || fd[1] < 0 || pthread_create(&thread, NULL, back, NULL))
		return 1;
	forward(fd[0], fd[1]);
	return 1;
}

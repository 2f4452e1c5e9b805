// SPDX-License-Identifier: GPL-2.0
/*
 * The hardware's limit: what it takes two CPUs to hand a cache line to and fro.
 * usage: line CPU CPU   prints nanoseconds per round trip
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS	50000u
#define TRIES	21

static volatile unsigned int word __attribute__((__aligned__(128)));
static int cpu[2];

static void pin(int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(n, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("line: cannot run on this CPU");
		exit(1);
	}
}

static void *echo(void *arg)
{
	unsigned int i;

	pin(cpu[1]);
	for (i = 1; i < 2 * ROUNDS; i += 2) {
		while (word != i)
			;
		word = i + 1;
	}
	return arg;
}

static double round_trip(void)
{
	struct timespec from, to;
	pthread_t peer;
	unsigned int i;

	word = 0;
	if (pthread_create(&peer, NULL, echo, NULL))
		exit(1);
	pin(cpu[0]);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 1; i < 2 * ROUNDS; i += 2) {
		word = i;
		while (word != i + 1)
			;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	pthread_join(peer, NULL);
	return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / ROUNDS;
}

static int compare(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

int main(int argc, char **argv)
{
	double ns[TRIES];
	int i;

	if (argc != 3)
		return 2;
	cpu[0] = atoi(argv[1]);
	cpu[1] = atoi(argv[2]);
	for (i = 0; i < TRIES; i++) {
		cpu_set_t all;

		/* Let the new thread start wherever it can. */
		CPU_ZERO(&all);
		CPU_SET(cpu[0], &all);
		CPU_SET(cpu[1], &all);
		sched_setaffinity(0, sizeof(all), &all);
		ns[i] = round_trip();
	}
	qsort(ns, TRIES, sizeof(ns[0]), compare);
	printf("%.1f\n", ns[TRIES / 2]);
	return 0;
}

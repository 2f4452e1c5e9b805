// SPDX-License-Identifier: GPL-2.0
/*
 * One thread that is guest and host by turns, in place of ringtest's main.c: for counting
 * instructions. Requests are made, taken and completed in rounds.
 * usage: count REQUESTS PER-ROUND
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What the rings want of main.c, and what they offer. */
unsigned int ring_size = 256;
bool do_sleep;
bool do_relax;
bool do_exit;
int param;

void alloc_ring(void);
int add_inbuf(unsigned int len, void *buf, void *datap);
void *get_buf(unsigned int *lenp, void **bufp);
bool use_buf(unsigned int *lenp, void **bufp);

void kick(void)
{
}

void call(void)
{
}

static void round_of(unsigned int n)
{
	unsigned int i, len;
	void *buf;

	for (i = 0; i < n; i++)
		if (add_inbuf(0, "Buffer\n", "Hello, world!"))
			abort();
	for (i = 0; i < n; i++)
		if (!use_buf(&len, &buf))
			abort();
	for (i = 0; i < n; i++)
		if (!get_buf(&len, &buf))
			abort();
}

int main(int argc, char **argv)
{
	unsigned int requests, n, done;

	if (argc != 3)
		return 2;
	requests = strtoul(argv[1], NULL, 0);
	n = strtoul(argv[2], NULL, 0);
	alloc_ring();
	for (done = 0; done < requests; done += n)
		round_of(n);
	return 0;
}

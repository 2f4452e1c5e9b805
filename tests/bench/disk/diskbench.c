// SPDX-License-Identifier: GPL-2.0
/*
 * Reads or writes a file or block device past the page cache, with a number of requests in flight,
 * for a while or so many of them, and prints how many requests a second that were.
 *
 * usage: diskbench FILE read|write rand|seq BYTES DEPTH MILLISECONDS [REQUESTS]
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH 256

struct job {
	int fd;
	int write;
	int seq;
	size_t bytes;
	uint64_t blocks;
	uint64_t next;
	uint64_t state;
	uint64_t left;
};

static struct iocb iocbs[MAX_DEPTH];

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static uint64_t block(struct job *j)
{
	if (j->seq)
		return j->next++ % j->blocks;
	j->state = j->state * 6364136223846793005ull + 1442695040888963407ull;
	return (j->state >> 33) % j->blocks;
}

static void submit(struct job *j, aio_context_t ctx, struct iocb *cb)
{
	cb->aio_lio_opcode = j->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	cb->aio_fildes = j->fd;
	cb->aio_nbytes = j->bytes;
	cb->aio_offset = block(j) * j->bytes;
	j->left--;
	if (syscall(SYS_io_submit, ctx, 1, &cb) != 1)
		err(1, "io_submit");
}

static uint64_t run(struct job *j, unsigned int depth, uint64_t ns, uint64_t *took)
{
	uint64_t start = now_ns(), done = 0, inflight = depth;
	struct io_event events[MAX_DEPTH];
	aio_context_t ctx = 0;
	unsigned int i;
	long n, k;

	if (syscall(SYS_io_setup, depth, &ctx))
		err(1, "io_setup");
	for (i = 0; i < depth; i++) {
		void *buf;

		if (posix_memalign(&buf, 4096, j->bytes))
			errx(1, "no memory");
		memset(buf, i + 1, j->bytes);
		memset(&iocbs[i], 0, sizeof(iocbs[i]));
		iocbs[i].aio_buf = (uintptr_t)buf;
		submit(j, ctx, &iocbs[i]);
	}
	while (inflight) {
		n = syscall(SYS_io_getevents, ctx, 1, depth, events, NULL);
		if (n < 1)
			err(1, "io_getevents");
		for (k = 0; k < n; k++) {
			if (events[k].res != (int64_t)j->bytes)
				errx(1, "request failed: %lld", (long long)events[k].res);
			done++;
			inflight--;
			if (j->left && now_ns() - start < ns) {
				submit(j, ctx, (struct iocb *)(uintptr_t)events[k].obj);
				inflight++;
			}
		}
	}
	*took = now_ns() - start;
	return done;
}

int main(int argc, char **argv)
{
	struct job j = { .state = 1, .left = UINT64_MAX };
	uint64_t done, took;
	unsigned int depth;

	if (argc != 7 && argc != 8)
		errx(2, "usage: %s FILE read|write rand|seq BYTES DEPTH MILLISECONDS [REQUESTS]",
		     argv[0]);
	j.write = !strcmp(argv[2], "write");
	j.seq = !strcmp(argv[3], "seq");
	j.bytes = strtoul(argv[4], NULL, 0);
	depth = strtoul(argv[5], NULL, 0);
	if (argc == 8)
		j.left = strtoull(argv[7], NULL, 0);
	if (!j.bytes || !depth || depth > MAX_DEPTH || j.left < depth)
		errx(2, "out of range");
	j.fd = open(argv[1], (j.write ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (j.fd < 0)
		err(1, "%s", argv[1]);
	j.blocks = lseek(j.fd, 0, SEEK_END) / j.bytes;
	if (!j.blocks)
		errx(1, "%s is too small", argv[1]);
	done = run(&j, depth, strtoull(argv[6], NULL, 0) * 1000000, &took);
	printf("%.1f\n", done * 1e9 / took);
	return 0;
}

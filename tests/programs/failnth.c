// SPDX-License-Identifier: GPL-2.0
/*
 * failnth: one act of an administrator again and again, the kernel's first allocation for it made
 * to fail, then the second, and so on, until none is left that could.
 *
 *	failnth [-e ERRNO]... DO UNDO
 *	DO:    mkdir:PATH  rmdir:PATH  write:PATH:TEXT  symlink:TARGET:PATH  unlink:PATH
 *	UNDO:  one or several of these, with spaces between
 *	-e  an error allowed beside ENOMEM, by number
 *
 * Prints "faults=N failed=N" and leaves DO done. Each time DO fails it must say an allowed error;
 * when it succeeds in spite of a fault it is undone and counts as one that did without.
 *
 * Needs a kernel with fault injection, see Documentation/fault-injection/ there ("fail-nth").
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FAULTS	5000
#define UNDO_TRIES	200	/* 10 ms each: what was made may still be busy being made */

static int allowed[8], nallowed = 1;
static int nth_fd;

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* Nothing but system calls between the words and the result: faults are for the kernel's act. */
static int act(const char *what)
{
	char buf[512], *path, *more;
	int ret;

	snprintf(buf, sizeof(buf), "%s", what);
	path = strchr(buf, ':');
	if (!path)
		return -EINVAL;
	*path++ = 0;
	more = strchr(path, ':');
	if (!strcmp(buf, "mkdir"))
		ret = mkdir(path, 0755);
	else if (!strcmp(buf, "rmdir"))
		ret = rmdir(path);
	else if (!strcmp(buf, "unlink"))
		ret = unlink(path);
	else if (!more)
		return -EINVAL;
	else if (*more++ = 0, !strcmp(buf, "write"))
		return write_file(path, more);
	else if (!strcmp(buf, "symlink"))
		ret = symlink(path, more);
	else
		return -EINVAL;
	return ret ? -errno : 0;
}

static int set_nth(int n)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%d", n);

	return pwrite(nth_fd, buf, len, 0) == len ? 0 : -errno;
}

/* What is left to count down: 0 means that the fault has happened. */
static int get_nth(void)
{
	char buf[16] = "";

	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) < 0)
		return -errno;
	return atoi(buf);
}

static int is_allowed(int err)
{
	int i;

	for (i = 0; i < nallowed; i++)
		if (allowed[i] == err)
			return 1;
	return 0;
}

static int undo_one(const char *what)
{
	int i, err = 0;

	for (i = 0; i < UNDO_TRIES; i++) {
		err = act(what);
		if (!err)
			return 0;
		usleep(10000);
	}
	fprintf(stderr, "failnth: %s: %s\n", what, strerror(-err));
	return err;
}

static int undo(const char *what)
{
	char buf[1024], *pos = buf, *one;
	int err = 0;

	snprintf(buf, sizeof(buf), "%s", what);
	while (!err && (one = strsep(&pos, " ")))
		err = undo_one(one);
	return err;
}

int main(int argc, char **argv)
{
	int opt, n, err, left, failed = 0;

	allowed[0] = ENOMEM;
	while ((opt = getopt(argc, argv, "e:")) != -1) {
		if (opt != 'e' || nallowed == 8)
			return 2;
		allowed[nallowed++] = atoi(optarg);
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: failnth [-e ERRNO]... DO UNDO\n");
		return 2;
	}
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	if (nth_fd < 0) {
		perror("failnth: fail-nth");
		return 4;
	}
	for (n = 1; n <= MAX_FAULTS; n++) {
		if (set_nth(n))
			return 1;
		err = act(argv[optind]);
		left = get_nth();
		set_nth(0);
		if (left > 0) {
			/* It needed fewer allocations than that. */
			printf("faults=%d failed=%d\n", n - 1, failed);
			if (err)
				fprintf(stderr, "failnth: without a fault: %s\n", strerror(-err));
			return err ? 1 : 0;
		}
		if (!err) {
			if (undo(argv[optind + 1]))
				return 1;
			continue;
		}
		failed++;
		if (!is_allowed(-err)) {
			fprintf(stderr, "failnth: fault %d: %s\n", n, strerror(-err));
			return 1;
		}
	}
	fprintf(stderr, "failnth: no end after %d faults\n", MAX_FAULTS);
	return 1;
}

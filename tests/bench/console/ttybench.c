// SPDX-License-Identifier: GPL-2.0
/*
 * Times a pair of ttys.
 *
 * usage: ttybench echo NEAR FAR COUNT     median ns from a key at NEAR to its echo by FAR's tty
 *        ttybench pipe FROM TO BYTES      ns until BYTES written to FROM were read from TO
 *
 * NEAR "pty" with FAR "-" is a pseudoterminal: NEAR its master, FAR its slave.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP	200

static unsigned long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int open_tty(const char *name)
{
	int fd = open(name, O_RDWR | O_NOCTTY);

	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static void set_raw(int fd, int echo)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		err(1, "tcgetattr");
	cfmakeraw(&t);
	if (echo)
		t.c_lflag |= ECHO;
	if (tcsetattr(fd, TCSANOW, &t))
		err(1, "tcsetattr");
}

static void open_pair(const char *near, const char *far, int *a, int *b)
{
	if (strcmp(near, "pty")) {
		*a = open_tty(near);
		*b = open_tty(far);
		set_raw(*a, 0);
		return;
	}
	*a = posix_openpt(O_RDWR | O_NOCTTY);
	if (*a < 0 || grantpt(*a) || unlockpt(*a))
		err(1, "pty");
	*b = open_tty(ptsname(*a));
}

static int compare(const void *a, const void *b)
{
	unsigned long long x = *(const unsigned long long *)a, y = *(const unsigned long long *)b;

	return x < y ? -1 : x > y;
}

/* Nobody reads what FAR's tty takes in; so that it goes on, throw it away now and then. */
static unsigned long long time_echo(int a, int b, unsigned int count)
{
	unsigned long long *took = calloc(count, sizeof(*took));
	unsigned int i;
	char key = 'k';

	if (!took)
		err(1, "calloc");
	set_raw(b, 1);
	for (i = 0; i < WARM_UP + count; i++) {
		unsigned long long from = now();

		if (write(a, &key, 1) != 1 || read(a, &key, 1) != 1)
			err(1, "echo");
		if (i >= WARM_UP)
			took[i - WARM_UP] = now() - from;
		if (i % 1000 == 999)
			tcflush(b, TCIFLUSH);
	}
	qsort(took, count, sizeof(*took), compare);
	return took[count / 2];
}

static void pour(int fd, unsigned long long bytes)
{
	static char buf[65536];

	while (bytes) {
		ssize_t n = write(fd, buf, bytes < sizeof(buf) ? bytes : sizeof(buf));

		if (n <= 0)
			err(1, "write");
		bytes -= n;
	}
}

static unsigned long long time_pipe(int from, int to, unsigned long long bytes)
{
	static char buf[65536];
	unsigned long long began;
	pid_t pid;

	set_raw(to, 0);
	began = now();
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		pour(from, bytes);
		_exit(0);
	}
	while (bytes) {
		ssize_t n = read(to, buf, sizeof(buf));

		if (n <= 0)
			err(1, "read");
		bytes -= n;
	}
	waitpid(pid, NULL, 0);
	return now() - began;
}

int main(int argc, char **argv)
{
	int a, b;

	if (argc != 5)
		errx(2, "usage: ttybench echo|pipe TTY TTY NUMBER");
	open_pair(argv[2], argv[3], &a, &b);
	if (!strcmp(argv[1], "echo"))
		printf("%llu\n", time_echo(a, b, atoi(argv[4])));
	else
		printf("%llu\n", time_pipe(a, b, strtoull(argv[4], NULL, 0)));
	return 0;
}

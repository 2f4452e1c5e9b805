// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests of /proc/<pid>/vbus do that a shell cannot.
 *
 *	vfork CMD...		run CMD in a child of vfork()
 *	thread-exec CMD...	run CMD by exec in a thread that is not the leader
 *	thread-read		in a thread: by the numbers of process, thread and both
 *	leader-gone		the same once the leader has ended
 *	names DIR SIZE		how often "vbus" is listed, read SIZE bytes at a time
 *	hold FILE		open it with O_PATH, say so, wait for a line
 *	as-nobody FILE NAME	open it as nobody, write as root
 *	to-nobody FILE NAME	open it as root, write as nobody
 *	reuse BUS		a process number is used again while its files are open
 *	bomb N AT_ONCE BUS K	N short processes of BUS; K of them are killed
 *
 * A failed call is printed as errno's name.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char **args;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static const char *result(long ret)
{
	return ret < 0 ? strerrorname_np(errno) : "ok";
}

/* The file's line, or the error. */
static const char *line_at(int dir, const char *path)
{
	static __thread char text[80];
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0) {
		strcpy(text, result(-1));
	} else {
		text[n] = 0;
		text[strcspn(text, "\n")] = 0;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static int do_vfork(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		execvp(args[0], args);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void *exec_it(void *arg)
{
	execvp(args[0], args);
	die("exec");
	return arg;
}

static void wait_for_zombie(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (!strstr(line_at(AT_FDCWD, path), ") Z"))
		usleep(1000);
}

static void *read_all(void *leader)
{
	char path[80];

	if (leader)
		wait_for_zombie(getpid());
	printf("%s ", line_at(AT_FDCWD, "/proc/self/vbus"));
	snprintf(path, sizeof(path), "/proc/%d/vbus", gettid());
	printf("%s ", line_at(AT_FDCWD, path));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/vbus", getpid(), gettid());
	printf("%s\n", line_at(AT_FDCWD, path));
	fflush(stdout);
	_exit(0);
}

static int in_thread(void *(*fn)(void *), void *arg, int leave)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, arg))
		die("thread");
	if (leave)
		syscall(SYS_exit, 0);
	pthread_join(t, NULL);
	return 0;
}

static int names(const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY), found = 0;
	char *buf = malloc(size);
	long n, at;

	if (fd < 0 || !buf)
		die(path);
	while ((n = syscall(SYS_getdents64, fd, buf, size)) > 0) {
		for (at = 0; at < n;) {
			struct dirent64 *d = (void *)(buf + at);

			found += !strcmp(d->d_name, "vbus");
			at += d->d_reclen;
		}
		/* Going back to where one is must change nothing. */
		lseek(fd, lseek(fd, 0, SEEK_CUR), SEEK_SET);
	}
	if (n < 0)
		puts(result(n));
	else
		printf("%d\n", found);
	return 0;
}

static int hold(const char *path)
{
	int fd = open(path, O_PATH);
	char c;

	puts(result(fd));
	fflush(stdout);
	return read(0, &c, 1) < 0;
}

static int write_as(const char *path, const char *name, uid_t opener, uid_t writer)
{
	int fd;

	/* Who changes its user id is not dumpable, and then its files are root's. */
	if (seteuid(opener) || prctl(PR_SET_DUMPABLE, 1))
		die("seteuid");
	fd = open(path, O_WRONLY);
	if (fd < 0) {
		puts(result(-1));
		return 0;
	}
	if (seteuid(0) || seteuid(writer))
		die("seteuid");
	puts(result(write(fd, name, strlen(name))));
	return 0;
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static pid_t child_numbered(pid_t want)
{
	FILE *f;
	pid_t pid;
	int i;

	for (i = 0; i < 200; i++) {
		f = fopen("/proc/sys/kernel/ns_last_pid", "w");
		if (!f || fprintf(f, "%d", want - 1) < 0 || fclose(f))
			die("ns_last_pid");
		pid = child();
		if (pid == want)
			return pid;
		end(pid);
	}
	fputs("the number was not used again\n", stderr);
	exit(99);
}

static int reuse(const char *bus)
{
	char path[32];
	int dir, file;
	char c;
	pid_t pid = child();

	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	file = openat(dir, "vbus", O_RDWR);
	if (dir < 0 || file < 0)
		die(path);
	kill(pid, SIGKILL);
	waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
	printf("zombie: %s\n", line_at(dir, "vbus"));
	printf("bind a zombie: %s\n", result(write(file, bus, strlen(bus))));
	waitpid(pid, NULL, 0);
	printf("dead: %s\n", result(pread(file, &c, 1, 0)));
	pid = child_numbered(pid);
	printf("read: %s\n", result(pread(file, &c, 1, 0)));
	printf("bind: %s\n", result(write(file, bus, strlen(bus))));
	printf("open in the old directory: %s\n", line_at(dir, "vbus"));
	printf("the new one: %s\n", line_at(AT_FDCWD, strcat(path, "/vbus")));
	end(pid);
	return 0;
}

static int reap(int *other)
{
	int status;

	if (wait(&status) < 0)
		return 0;
	if (WIFSIGNALED(status))
		return 1;
	*other += WEXITSTATUS(status) != 0;
	return 0;
}

static void one_of_bomb(int i, const char *bus)
{
	if (i % 8 == 1 && strcmp(line_at(AT_FDCWD, *args[4] ? args[4] : "/proc/self/vbus"), bus))
		_exit(1);
	if (i % 16 == 2)
		_exit(fork() < 0);	/* a grandchild, which ends at once */
	_exit(0);
}

static int bomb(int total, int at_once, const char *bus, int killed)
{
	int running = 0, signalled = 0, wrong = 0, i;

	for (i = 1; i <= total; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid && i % (total / killed) == 0)
			raise(SIGKILL);
		if (!pid)
			one_of_bomb(i, bus);
		if (++running == at_once) {
			signalled += reap(&wrong);
			running--;
		}
	}
	while (running--)
		signalled += reap(&wrong);
	printf("killed=%d wrong=%d\n", signalled, wrong);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	args = argv + 2;
	if (argc > 2 && !strcmp(what, "vfork"))
		return do_vfork();
	if (argc > 2 && !strcmp(what, "thread-exec"))
		return in_thread(exec_it, NULL, 0);
	if (!strcmp(what, "thread-read"))
		return in_thread(read_all, NULL, 0);
	if (!strcmp(what, "leader-gone"))
		return in_thread(read_all, args, 1);
	if (argc == 4 && !strcmp(what, "names"))
		return names(args[0], atoi(args[1]));
	if (argc == 3 && !strcmp(what, "hold"))
		return hold(args[0]);
	if (argc == 4 && !strcmp(what, "as-nobody"))
		return write_as(args[0], args[1], 65534, 0);
	if (argc == 4 && !strcmp(what, "to-nobody"))
		return write_as(args[0], args[1], 0, 65534);
	if (argc == 3 && !strcmp(what, "reuse"))
		return reuse(args[0]);
	if (argc >= 6 && !strcmp(what, "bomb")) {
		static char *with_default[6];

		memcpy(with_default, args, 4 * sizeof(*args));
		with_default[4] = argc > 6 ? args[4] : "";
		args = with_default;
		return bomb(atoi(args[0]), atoi(args[1]), args[2], atoi(args[3]));
	}
	fputs("wrongly called\n", stderr);
	return 2;
}

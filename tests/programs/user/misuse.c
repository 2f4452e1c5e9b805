// SPDX-License-Identifier: GPL-2.0
/*
 * user-misuse: what /dev/vbus must refuse, and what it must survive.
 *
 *	usage: user-misuse -l GROUP	sentences of a group, one a line
 *	       user-misuse GROUP N	try the Nth; exit status 0 if the kernel behaved
 *
 * To be run by a member of a bus with an echo device.
 */
#include <errno.h>
#include <endian.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libvbus.h>
#include <linux/vbus_echo.h>

#define PAGE	4096ul
#define RW	(VBUS_USER_MEM_READ | VBUS_USER_MEM_WRITE)
#define ANY	VBUS_USER_ADDR_ANY

/* ---- helpers ----------------------------------------------------------------------------- */

#define check(cond) do {									\
	if (!(cond)) {										\
		fprintf(stderr, "line %d: %s: %s\n", __LINE__, #cond, strerror(errno));	\
		exit(1);									\
	}											\
} while (0)

/* Must fail with this errno. */
#define refused(call, wanted) do {								\
	errno = 0;										\
	if ((call) >= 0 || errno != (wanted)) {							\
		fprintf(stderr, "line %d: %s: wanted '%s', got '%s'\n", __LINE__, #call,	\
			strerror(wanted), strerror(errno));					\
		exit(1);									\
	}											\
} while (0)

static int fresh(void)
{
	int fd = open("/dev/vbus", O_RDWR | O_NONBLOCK);

	check(fd >= 0);
	return fd;
}

static int attached(void)
{
	struct vbus_user_attach a = { .version = VBUS_USER_VERSION };
	int fd = fresh();

	check(!ioctl(fd, VBUS_USER_ATTACH, &a));
	return fd;
}

/* Return: 0 or -1 and errno. */
static int add(int fd, __u64 *addr, __u64 start, __u64 len, int memfd, unsigned int flags)
{
	struct vbus_user_mem m = {
		.addr = *addr, .start = start, .len = len, .fd = memfd, .flags = flags,
	};
	int ret = ioctl(fd, VBUS_USER_MEM_ADD, &m);

	*addr = m.addr;
	return ret;
}

static int add_at(int fd, __u64 addr, void *start, __u64 len)
{
	return add(fd, &addr, (uintptr_t)start, len, -1, RW);
}

static int del(int fd, __u64 addr)
{
	return ioctl(fd, VBUS_USER_MEM_DEL, &addr);
}

static void *anon(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

static int memfd(size_t len, int seals)
{
	int fd = memfd_create("misuse", MFD_ALLOW_SEALING);

	check(fd >= 0 && !ftruncate(fd, len) && !fcntl(fd, F_ADD_SEALS, seals));
	return fd;
}

static int set_eventfd(int fd, unsigned long cmd, __u32 nr, int efd)
{
	struct vbus_user_eventfd m = { .nr = nr, .fd = efd };

	return ioctl(fd, cmd, &m);
}

/* An echo device and a queue to it, by the library. */
struct echo {
	struct vbus *bus;
	struct vbus_port *port;
	struct vbus_queue *q;
};

static struct echo echo_open(void)
{
	struct echo e;
	int id;

	check(!vbus_attach(NULL, &e.bus));
	id = vbus_find_port(e.bus, VBUS_ECHO_TYPE, 5000);
	check(id >= 0);
	check(!vbus_port_open(e.bus, id, VBUS_ECHO_VERSION, NULL, &e.port));
	check(!vbus_queue_create(e.port, VBUS_ECHO_QUEUE, 16, 16, &e.q));
	return e;
}

/* Return: 0, or -errno when no answer came. */
static int echo_trip(struct echo *e, __u64 addr, __u32 len)
{
	struct vbus_slot slot;
	int ret;

	check(!vbus_queue_put(e->q, addr, len, 0));
	vbus_queue_publish(e->q);
	while (!vbus_queue_get(e->q, &slot)) {
		ret = vbus_queue_wait(e->q, 3000);
		if (ret <= 0)
			return ret ? ret : -ETIMEDOUT;
	}
	vbus_queue_done(e->q, 1);
	return 0;
}

/* The device side has closed the session, and says why. */
static void check_broken(struct echo *e, int err)
{
	ssize_t ret = 0;
	int i;

	for (i = 0; i < 100 && ret >= 0; i++) {
		ret = vbus_port_call(e->port, VBUS_ECHO_CALL_ECHO, NULL, 0, NULL, 0);
		usleep(10000);
	}
	check(ret == err);
}

/* ---- state ------------------------------------------------------------------------------- */

static void before_attach(void)
{
	struct vbus_user_verb v = { 0 };
	__u64 addr = ANY;
	int fd = fresh();

	refused(ioctl(fd, VBUS_USER_VERB, &v), ENOTCONN);
	refused(add(fd, &addr, (uintptr_t)anon(PAGE), PAGE, -1, RW), ENOTCONN);
	refused(del(fd, 0), ENOTCONN);
	refused(ioctl(fd, VBUS_USER_RING, 0), ENOTCONN);
	refused(set_eventfd(fd, VBUS_USER_DOORBELL, 0, -1), ENOTCONN);
	refused(set_eventfd(fd, VBUS_USER_VECTOR, 0, -1), ENOTCONN);
}

static void attach_twice(void)
{
	struct vbus_user_attach a = { .version = VBUS_USER_VERSION };

	refused(ioctl(attached(), VBUS_USER_ATTACH, &a), EBUSY);
}

static void attach_unknown(void)
{
	struct vbus_user_attach a = { .version = VBUS_USER_VERSION + 1 };
	int fd = fresh();

	refused(ioctl(fd, VBUS_USER_ATTACH, &a), EOPNOTSUPP);
	check(a.version == VBUS_USER_VERSION);
	a.flags = 1;
	refused(ioctl(fd, VBUS_USER_ATTACH, &a), EINVAL);
	refused(ioctl(fd, VBUS_USER_ATTACH, NULL), EFAULT);
	a.flags = 0;
	check(!ioctl(fd, VBUS_USER_ATTACH, &a));
}

static void no_ioctl(void)
{
	int fd = attached();
	unsigned int nr;

	for (nr = 0; nr < 256; nr++) {
		if (nr >= 0x40 && nr <= 0x46)
			continue;
		refused(ioctl(fd, _IO(VBUS_USER_IOC, nr), 0), ENOTTY);
	}
	refused(ioctl(fd, _IOW(VBUS_USER_IOC, 0x41, int), 0), ENOTTY);
}

static void null_pointers(void)
{
	int fd = attached();

	refused(ioctl(fd, VBUS_USER_VERB, NULL), EFAULT);
	refused(ioctl(fd, VBUS_USER_MEM_ADD, NULL), EFAULT);
	refused(ioctl(fd, VBUS_USER_MEM_DEL, NULL), EFAULT);
	refused(ioctl(fd, VBUS_USER_DOORBELL, NULL), EFAULT);
	refused(ioctl(fd, VBUS_USER_VECTOR, NULL), EFAULT);
}

static void verb_lengths(void)
{
	struct vbus_msg buf[2] = { 0 };
	struct vbus_user_verb v = {
		.req = (uintptr_t)buf, .reply = (uintptr_t)buf, .req_len = 16, .reply_len = 16,
	};
	int fd = attached();

	v.req_len = 16 + VBUS_CALL_MAX + 1;
	refused(ioctl(fd, VBUS_USER_VERB, &v), EMSGSIZE);
	v.req_len = 16;
	v.reply_len = 15;
	refused(ioctl(fd, VBUS_USER_VERB, &v), EINVAL);
	v.reply_len = ~0u;
	v.req = 8;
	refused(ioctl(fd, VBUS_USER_VERB, &v), EFAULT);
	v.req = (uintptr_t)buf;
	v.reply = -16ull;
	refused(ioctl(fd, VBUS_USER_VERB, &v), EFAULT);
	/* Too short for a header, but answered. */
	v.reply = (uintptr_t)buf;
	v.req_len = 3;
	check(!ioctl(fd, VBUS_USER_VERB, &v));
	check(v.reply_len == 16 && le16toh(buf[0].status) == VBUS_EINVAL);
}

static void reading(void)
{
	struct vbus_event ev[4];
	int fd = attached();

	refused(read(fd, ev, sizeof(ev[0]) - 1), EINVAL);
	refused(read(fd, ev, sizeof(ev)), EAGAIN);
	refused(write(fd, ev, sizeof(ev)), EINVAL);
	refused(lseek(fd, 0, SEEK_SET), ESPIPE);
}

/* ATTACH tells everything anew, however often, and nothing twice. */
static void events_anew(void)
{
	struct vbus_msg_attach msg = { .version = htole32(VBUS_ABI_VERSION) };
	struct vbus_event ev[64];
	struct vbus *bus;
	ssize_t n;
	int i;

	check(!vbus_attach(NULL, &bus));
	for (i = 0; i < 200; i++)
		check(vbus_verb(bus, VBUS_VERB_ATTACH, NULL, 0, &msg, sizeof(msg), &msg,
				sizeof(msg)) == sizeof(msg));
	check(vbus_find_port(bus, VBUS_ECHO_TYPE, 5000) == 0);
	usleep(200000);
	n = read(vbus_fd(bus), ev, sizeof(ev));
	check(n < 0 && errno == EAGAIN);
	vbus_detach(bus);
}

static void fork_shares(void)
{
	struct echo e = echo_open();
	int status;
	__u64 addr;
	void *p = vbus_mem_alloc(e.bus, PAGE, &addr);
	pid_t pid;

	check(p);
	pid = fork();
	check(pid >= 0);
	if (!pid)
		_exit(echo_trip(&e, addr, 100) ? 1 : 0);
	check(waitpid(pid, &status, 0) == pid && !status);
	/* The ring's private state was the child's: a new queue for us. */
	vbus_queue_destroy(e.q);
	check(!vbus_queue_create(e.port, VBUS_ECHO_QUEUE, 16, 16, &e.q));
	check(!echo_trip(&e, addr, 100));
	vbus_detach(e.bus);
}

/* ---- memory ------------------------------------------------------------------------------ */

static void unsealed(void)
{
	__u64 addr = ANY;
	int fd = attached();

	refused(add(fd, &addr, 0, PAGE, memfd(PAGE, 0), RW), EINVAL);
	refused(add(fd, &addr, 0, PAGE, memfd(PAGE, F_SEAL_GROW), RW), EINVAL);
	refused(add(fd, &addr, 0, PAGE, memfd(PAGE, F_SEAL_SHRINK | F_SEAL_WRITE), RW), EPERM);
	check(!add(fd, &addr, 0, PAGE, memfd(PAGE, F_SEAL_SHRINK), RW));
}

static void too_short(void)
{
	int m = memfd(2 * PAGE, F_SEAL_SHRINK), fd = attached();
	__u64 addr = ANY;

	refused(add(fd, &addr, 0, 3 * PAGE, m, RW), EINVAL);
	refused(add(fd, &addr, 2 * PAGE, PAGE, m, RW), EINVAL);
	refused(add(fd, &addr, 1ull << 63, PAGE, m, RW), EINVAL);
	refused(add(fd, &addr, -PAGE, PAGE, m, RW), EINVAL);
	check(!add(fd, &addr, PAGE, PAGE, m, RW));
}

static void other_files(void)
{
	static const char * const paths[] = { "/tmp", "/dev/zero", "/proc/self/maps", "/dev/vbus" };
	int fd = attached(), tmp = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	__u64 addr = ANY;
	unsigned int i;

	check(tmp >= 0 && !ftruncate(tmp, PAGE));
	refused(add(fd, &addr, 0, PAGE, tmp, RW), EINVAL);
	refused(add(fd, &addr, 0, PAGE, eventfd(0, 0), RW), EINVAL);
	refused(add(fd, &addr, 0, PAGE, 12345, RW), EBADF);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		refused(add(fd, &addr, 0, PAGE, open(paths[i], O_RDONLY), RW), EINVAL);
}

static void not_ours(void)
{
	int fd = attached(), tmp = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *file, *ro = anon(PAGE), *hole = anon(2 * PAGE);

	check(tmp >= 0 && !ftruncate(tmp, PAGE));
	file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, tmp, 0);
	check(shared != MAP_FAILED && file != MAP_FAILED);
	refused(add_at(fd, ANY, shared, PAGE), EINVAL);
	refused(add_at(fd, ANY, file, PAGE), EINVAL);
	check(!mprotect(ro, PAGE, PROT_READ));
	refused(add_at(fd, ANY, ro, PAGE), EFAULT);
	check(!munmap(hole + PAGE, PAGE));
	refused(add_at(fd, ANY, hole, 2 * PAGE), EFAULT);
	refused(add_at(fd, ANY, NULL, PAGE), EFAULT);
	refused(add_at(fd, ANY, (void *)0xffff888000000000ul, PAGE), EFAULT);
	refused(add_at(fd, ANY, (void *)-PAGE, PAGE), EFAULT);
}

static void odd_numbers(void)
{
	char *p = anon(4 * PAGE);
	int fd = attached();
	__u64 addr = ANY, at = (uintptr_t)p;

	refused(add_at(fd, ANY, p + 1, PAGE), EINVAL);
	refused(add_at(fd, ANY, p, PAGE - 1), EINVAL);
	refused(add_at(fd, ANY, p, 0), EINVAL);
	refused(add_at(fd, ANY, p, 1ull << 40), EINVAL);
	refused(add_at(fd, ANY, p, -PAGE), EINVAL);
	refused(add_at(fd, PAGE + 64, p, PAGE), EINVAL);
	refused(add_at(fd, -PAGE, p, PAGE), EINVAL);
	refused(add_at(fd, (1ull << 63) - PAGE, p, 2 * PAGE), EINVAL);
	refused(add(fd, &addr, at, PAGE, -2, RW), EINVAL);
	refused(add(fd, &addr, at, PAGE, -1, 0), EINVAL);
	refused(add(fd, &addr, at, PAGE, -1, 4 | RW), EINVAL);
	check(!add_at(fd, (1ull << 63) - PAGE, p, PAGE));
	check(!add_at(fd, 0, p, PAGE));
}

static void overlap(void)
{
	char *p = anon(4 * PAGE);
	int fd = attached();
	__u64 a = ANY, b = ANY;

	check(!add_at(fd, 16 * PAGE, p, 4 * PAGE));
	refused(add_at(fd, 16 * PAGE, p, 4 * PAGE), EEXIST);
	refused(add_at(fd, 19 * PAGE, p, PAGE), EEXIST);
	refused(add_at(fd, 15 * PAGE, p, 2 * PAGE), EEXIST);
	refused(add_at(fd, 14 * PAGE, anon(16 * PAGE), 16 * PAGE), EEXIST);
	check(!add_at(fd, 20 * PAGE, p, PAGE));
	check(!add_at(fd, 15 * PAGE, p, PAGE));
	/* The same memory twice has two addresses. */
	check(!add(fd, &a, (uintptr_t)p, PAGE, -1, RW));
	check(!add(fd, &b, (uintptr_t)p, PAGE, -1, RW));
	check(a != b);
	check(!del(fd, a) && !del(fd, b));
	refused(del(fd, a), ENOENT);
	refused(del(fd, 17 * PAGE), ENOENT);
}

static void many(void)
{
	int fd = attached(), n;
	char *p = anon(PAGE);
	__u64 addr[300];

	for (n = 0; n < 300; n++) {
		addr[n] = ANY;
		if (add(fd, &addr[n], (uintptr_t)p, PAGE, -1, RW))
			break;
	}
	check(errno == ENOSPC && n == 256);
	while (n--)
		check(!del(fd, addr[n]));
	check(!add_at(fd, ANY, p, PAGE));
}

static void in_use(void)
{
	struct vbus_user_mem m = { 0 };
	struct echo e = echo_open();
	int fd = vbus_fd(e.bus);
	__u64 addr = 1ull << 40;

	/* Where the library's queue lies: the first address the kernel gives. */
	refused(del(fd, addr), EBUSY);
	m.addr = addr;
	m.len = PAGE;
	m.start = (uintptr_t)anon(PAGE);
	m.fd = -1;
	m.flags = RW;
	refused(ioctl(fd, VBUS_USER_MEM_ADD, &m), EEXIST);
	vbus_queue_destroy(e.q);
	refused(del(fd, addr), ENOENT);
	vbus_detach(e.bus);
}

/* A page that was registered, and whatever may be done to its mapping then. */
static void unmapped_later(void)
{
	struct echo e = echo_open();
	char *p = anon(4 * PAGE);
	__u64 addr;
	int i;

	check(!vbus_mem_add(e.bus, p, 4 * PAGE, RW, &addr));
	check(!echo_trip(&e, addr, 4 * PAGE));
	check(!madvise(p, PAGE, MADV_DONTNEED));
	check(!echo_trip(&e, addr, 4 * PAGE));
	check(mremap(p + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE) == p + PAGE);
	check(!echo_trip(&e, addr, 4 * PAGE));
	check(!munmap(p, 4 * PAGE));
	for (i = 0; i < 100; i++)
		check(!echo_trip(&e, addr, 4 * PAGE));
	check(!vbus_mem_del(e.bus, addr));
	vbus_detach(e.bus);
}

static void truncated_later(void)
{
	int m = memfd(4 * PAGE, F_SEAL_SHRINK);
	struct echo e = echo_open();
	__u64 addr;

	check(!vbus_mem_add_fd(e.bus, m, 0, 4 * PAGE, RW, &addr));
	refused(ftruncate(m, PAGE), EPERM);
	check(!fallocate(m, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
	check(!echo_trip(&e, addr, 4 * PAGE));
	check(!ftruncate(m, 8 * PAGE));
	close(m);
	check(!echo_trip(&e, addr, 4 * PAGE));
	vbus_detach(e.bus);
}

static void access_kept(void)
{
	struct echo e = echo_open();
	char *p = anon(PAGE);
	__u64 addr;

	check(!vbus_mem_add(e.bus, p, PAGE, VBUS_USER_MEM_READ, &addr));
	check(echo_trip(&e, addr, 100) < 0);
	check_broken(&e, -EPROTO);
	vbus_detach(e.bus);
}

static void outside(void)
{
	static const __u64 beyond[] = { 0, 100, PAGE, -1ull, 1ull << 62, 0xffff888000000000ull };
	struct echo e;
	unsigned int i;
	__u64 addr;

	for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		e = echo_open();
		check(!vbus_mem_add(e.bus, anon(PAGE), PAGE, RW, &addr));
		check(!echo_trip(&e, addr, PAGE));
		check(echo_trip(&e, addr + beyond[i], PAGE + !beyond[i]) < 0);
		check_broken(&e, -EPROTO);
		vbus_detach(e.bus);
	}
}

static void taken_out(void)
{
	struct echo e = echo_open();
	__u64 addr;

	check(!vbus_mem_add(e.bus, anon(PAGE), PAGE, RW, &addr));
	check(!echo_trip(&e, addr, 100));
	check(!vbus_mem_del(e.bus, addr));
	check(echo_trip(&e, addr, 100) < 0);
	check_broken(&e, -EPROTO);
	vbus_detach(e.bus);
}

/* Root's memory is not limited, so not as root. */
static void memlock(void)
{
	struct rlimit limit = { 64 * 1024, 64 * 1024 };
	int fd = attached(), i;
	char *p = anon(32 * PAGE);
	__u64 addr;

	check(geteuid());
	check(!setrlimit(RLIMIT_MEMLOCK, &limit));
	refused(add_at(fd, ANY, p, 17 * PAGE), ENOMEM);
	for (i = 0; i < 100; i++) {
		addr = ANY;
		check(!add(fd, &addr, (uintptr_t)p, 16 * PAGE, -1, RW));
		refused(add_at(fd, ANY, p, PAGE), ENOMEM);
		check(!del(fd, addr));
	}
	/* What fails is not charged either. */
	for (i = 0; i < 100; i++)
		refused(add_at(fd, ANY, NULL, 16 * PAGE), EFAULT);
	check(!add_at(fd, ANY, p, 16 * PAGE));
	close(fd);
	fd = attached();
	check(!add_at(fd, ANY, p, 16 * PAGE));
}

/* ---- eventfds ---------------------------------------------------------------------------- */

static void both(void (*fn)(int fd, unsigned long cmd))
{
	int fd = attached();

	fn(fd, VBUS_USER_DOORBELL);
	fn(fd, VBUS_USER_VECTOR);
}

static void try_no_eventfd(int fd, unsigned long cmd)
{
	refused(set_eventfd(fd, cmd, 0, 0), EINVAL);
	refused(set_eventfd(fd, cmd, 0, fd), EINVAL);
	refused(set_eventfd(fd, cmd, 0, 12345), EBADF);
	refused(set_eventfd(fd, cmd, 0, -2), EINVAL);
}

static void no_eventfd(void) { both(try_no_eventfd); }

static void try_no_number(int fd, unsigned long cmd)
{
	int efd = eventfd(0, 0);

	refused(set_eventfd(fd, cmd, VBUS_MAX_DOORBELLS, efd), EINVAL);
	refused(set_eventfd(fd, cmd, ~0u, efd), EINVAL);
	refused(set_eventfd(fd, cmd, ~0u, -1), EINVAL);
	refused(set_eventfd(fd, cmd, 1, -1), ENOENT);
	check(!set_eventfd(fd, cmd, VBUS_MAX_DOORBELLS - 1, efd));
	check(!set_eventfd(fd, cmd, VBUS_MAX_DOORBELLS - 1, -1));
}

static void no_number(void) { both(try_no_number); }

static void doorbell_twice(void)
{
	int fd = attached(), efd = eventfd(0, 0), other = eventfd(0, 0);

	check(!set_eventfd(fd, VBUS_USER_DOORBELL, 3, efd));
	refused(set_eventfd(fd, VBUS_USER_DOORBELL, 4, efd), EBUSY);
	refused(set_eventfd(fd, VBUS_USER_DOORBELL, 3, other), EBUSY);
	check(!set_eventfd(fd, VBUS_USER_DOORBELL, 3, -1));
	check(!set_eventfd(fd, VBUS_USER_DOORBELL, 4, efd));
	/* Vectors may share one, and be given another. */
	check(!set_eventfd(fd, VBUS_USER_VECTOR, 1, efd));
	check(!set_eventfd(fd, VBUS_USER_VECTOR, 2, efd));
	check(!set_eventfd(fd, VBUS_USER_VECTOR, 2, other));
}

/* Rung before it was registered, when nobody listens, after it was closed, a thousand times. */
static void rings_anyhow(void)
{
	uint64_t n = 1000000, left;
	int fd = attached(), efd = eventfd(5, EFD_NONBLOCK), i;

	check(!set_eventfd(fd, VBUS_USER_DOORBELL, 0, efd));
	for (i = 0; i < 1000; i++)
		check(write(efd, &n, sizeof(n)) == sizeof(n));
	check(read(efd, &left, sizeof(left)) < 0 && errno == EAGAIN);
	close(efd);
	for (i = 0; i < 1000; i++)
		check(!ioctl(fd, VBUS_USER_RING, i));
	check(!ioctl(fd, VBUS_USER_RING, 0xfffffffful));
	refused(ioctl(fd, VBUS_USER_RING, 0x100000000ul), EINVAL);
	check(!set_eventfd(fd, VBUS_USER_DOORBELL, 0, -1));
}

/* The interrupt of a queue is its own doorbell. */
static void feedback(void)
{
	struct echo e = echo_open();
	__u64 addr;
	void *p = vbus_mem_alloc(e.bus, PAGE, &addr);
	int i;

	check(p);
	check(!set_eventfd(vbus_fd(e.bus), VBUS_USER_DOORBELL, 0, vbus_queue_fd(e.q)));
	for (i = 0; i < 100; i++) {
		check(!vbus_queue_put(e.q, addr, 64, 0));
		vbus_queue_publish(e.q);
		vbus_queue_done(e.q, 1);
		usleep(1000);
	}
	vbus_detach(e.bus);
}

static void eventfd_rings(void)
{
	struct echo e = echo_open();
	struct vbus_slot slot;
	uint64_t one = 1;
	__u64 addr;
	int efd, i;

	check(vbus_mem_alloc(e.bus, PAGE, &addr));
	/* By eventfd alone: numbers of doorbells the device side did not give are as good as any. */
	efd = vbus_queue_doorbell_fd(e.q);
	check(efd >= 0);
	for (i = 0; i < 100; i++) {
		check(!vbus_queue_put(e.q, addr, 64, 0));
		vbus_queue_publish(e.q);
		check(write(efd, &one, sizeof(one)) == sizeof(one));
		while (!vbus_queue_get(e.q, &slot))
			check(vbus_queue_wait(e.q, 3000) == 1);
		vbus_queue_done(e.q, 1);
	}
	vbus_detach(e.bus);
}

/* ---- which ------------------------------------------------------------------------------- */

static const struct test {
	const char *group, *sentence;
	void (*fn)(void);
} tests[] = {
	{ "state", "nothing works before ATTACH", before_attach },
	{ "state", "a file attaches once", attach_twice },
	{ "state", "an unknown version is refused and the known one told", attach_unknown },
	{ "state", "unknown ioctls are ENOTTY", no_ioctl },
	{ "state", "bad pointers are EFAULT", null_pointers },
	{ "state", "a verb of any length is refused or answered", verb_lengths },
	{ "state", "reading wants room for an event", reading },
	{ "state", "ATTACH tells everything anew, and once", events_anew },
	{ "state", "a child may use the file", fork_shares },
	{ "memory", "a memfd must be sealed against shrinking", unsealed },
	{ "memory", "a memfd must be as long as the range", too_short },
	{ "memory", "other files are no memory", other_files },
	{ "memory", "only private anonymous memory goes by address", not_ours },
	{ "memory", "odd addresses, lengths and flags are EINVAL", odd_numbers },
	{ "memory", "peer addresses do not overlap", overlap },
	{ "memory", "there can be 256 ranges", many },
	{ "memory", "memory with a ring in it stays", in_use },
	{ "memory", "unmapping registered memory harms nobody", unmapped_later },
	{ "memory", "so does cutting holes into a memfd", truncated_later },
	{ "memory", "memory to read is not written", access_kept },
	{ "memory", "addresses outside of ranges break the session", outside },
	{ "memory", "memory taken out is not used any more", taken_out },
	{ "memlock", "RLIMIT_MEMLOCK holds and is given back", memlock },
	{ "eventfd", "what is no eventfd is refused", no_eventfd },
	{ "eventfd", "numbers are checked", no_number },
	{ "eventfd", "an eventfd rings one doorbell", doorbell_twice },
	{ "eventfd", "ringing is harmless at any time", rings_anyhow },
	{ "eventfd", "an interrupt that is its own doorbell comes to rest", feedback },
	{ "eventfd", "an eventfd rings the device side", eventfd_rings },
};

int main(int argc, char **argv)
{
	bool list = argc == 3 && !strcmp(argv[1], "-l");
	const char *group = argc == 3 ? argv[list ? 2 : 1] : "";
	int want = list || argc != 3 ? -1 : atoi(argv[2]), n = 0;
	unsigned int i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(tests[i].group, group))
			continue;
		if (list)
			puts(tests[i].sentence);
		else if (n++ == want)
			return tests[i].fn(), 0;
	}
	return list ? 0 : 2;
}

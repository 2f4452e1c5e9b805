// SPDX-License-Identifier: GPL-2.0
/*
 * user-fuzz: programs of random bytes against /dev/vbus and whatever is behind it.
 *
 *	usage: user-fuzz [-s SEED] [-t SECONDS] [-u UID] [-p TYPE] [-v] [FILE]
 *
 * A program is a string of bytes; an interpreter makes system calls, verbs and ring contents of
 * them, some well-formed, most not. Where the kernel has KCOV, programs that reach new code are
 * kept and mutated; elsewhere new ones are made all the time. -p names the type of port to bother,
 * -u drops privilege after KCOV was opened. FILE runs that one program (that is how a fuzzer of
 * another make would use it). The same seed does the same.
 *
 * It reports nothing: what it looks for is in the kernel's log.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <libvbus.h>

#define PAGE		4096u
#define FILES		3
#define QUEUES		8
#define MEM_BYTES	(64 * PAGE)
#define MEM_ADDR	(1ull << 32)
#define HALF		(8 * PAGE)	/* room for a half of a queue */
#define PROGRAM_MAX	1024
#define CORPUS_MAX	512

static const char *want_type = "echo";
static bool verbose;
static unsigned long programs, steps;

/* ---- randomness -------------------------------------------------------------------------- */

static uint64_t rng_state;

static uint64_t rnd(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

/* ---- the program and what is read from it ------------------------------------------------ */

struct program {
	size_t len;
	uint8_t bytes[PROGRAM_MAX];
};

static const struct program *prog;
static size_t prog_at;

static uint8_t byte(void)
{
	return prog_at < prog->len ? prog->bytes[prog_at++] : 0;
}

static uint32_t word(void)
{
	uint32_t v = byte();

	v |= byte() << 8;
	v |= byte() << 16;
	return v | (uint32_t)byte() << 24;
}

/* Numbers that hurt, more often than others. */
static uint64_t number(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 15, 16, 63, 64, 4095, 4096, 4097, 65535, 65536, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000ull, 1ull << 62, 1ull << 63, -1ull, -PAGE,
		MEM_ADDR, MEM_ADDR + MEM_BYTES, MEM_ADDR + MEM_BYTES - 64, 0xffff888000000000ull,
	};
	uint8_t how = byte();

	if (how < 128)
		return byte();
	if (how < 200)
		return edges[byte() % (sizeof(edges) / sizeof(edges[0]))] + (int8_t)byte() % 3;
	return word() | (uint64_t)word() << 32;
}

/* ---- state of a run ---------------------------------------------------------------------- */

struct queue {
	bool up;
	uint32_t doorbell;
	uint32_t idx;		/* next to publish */
	uint32_t req, cpl;
	size_t at;		/* of the halves in our memory */
};

struct file {
	int fd;
	uint32_t handles[4];
	unsigned int next_handle;
	uint32_t port;		/* of the wanted type */
	struct queue queues[QUEUES];
};

static struct file files[FILES];
static struct file *f;
static int efds[4];
static int mem_fd;
static uint8_t *mem;
static uint8_t scratch[8192];

static void close_file(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	memset(file, 0, sizeof(*file));
	file->fd = -1;
}

/* ---- verbs ------------------------------------------------------------------------------- */

struct message {
	struct vbus_msg head;
	uint8_t data[VBUS_CALL_MAX];
};

static struct message req, reply;

static int send_message(size_t len)
{
	struct vbus_user_verb v = {
		.req = (uintptr_t)&req, .reply = (uintptr_t)&reply,
		.req_len = len, .reply_len = sizeof(reply),
	};

	memset(&reply, 0, sizeof(reply.head));
	if (ioctl(f->fd, VBUS_USER_VERB, &v))
		return -1;
	return le16toh(reply.head.status);
}

static int verb(unsigned int nr, uint32_t handle, uint32_t arg, const void *data, size_t len)
{
	req.head = (struct vbus_msg){
		.verb = htole16(nr), .handle = htole32(handle), .arg = htole32(arg),
		.len = htole32(len),
	};
	if (len)
		memcpy(req.data, data, len);
	return send_message(sizeof(req.head) + len);
}

static uint32_t some_handle(void)
{
	uint8_t how = byte();

	return how < 240 ? f->handles[how % 4] : number();
}

static void do_attach_verb(void)
{
	struct vbus_msg_attach msg = { .version = htole32(VBUS_ABI_VERSION) };

	if (byte() > 240)
		msg.features = htole64(number());
	if (byte() > 240)
		msg.version = htole32(number());
	verb(VBUS_VERB_ATTACH, 0, 0, &msg, sizeof(msg));
}

static void do_open(void)
{
	struct vbus_msg_open msg = { .port = htole32(f->port), .version = htole32(1) };
	uint8_t how = byte();

	if (how > 128)
		msg.features = htole64(how > 240 ? number() : byte());
	if (how > 250)
		msg.port = htole32(number());
	if (verb(VBUS_VERB_OPEN, 0, 0, &msg, sizeof(msg)) == VBUS_OK)
		f->handles[f->next_handle++ % 4] = le32toh(reply.head.handle);
}

static void do_call(void)
{
	size_t len = byte() > 200 ? (size_t)word() % (VBUS_CALL_MAX + 1) : byte() % 33, i;
	uint32_t func = byte() > 220 ? number() : byte() % 12;
	uint8_t data[VBUS_CALL_MAX];

	for (i = 0; i < len; i++)
		data[i] = i < 64 ? byte() : i;
	verb(VBUS_VERB_CALL, some_handle(), func, data, len);
}

static void do_shm(void)
{
	struct vbus_msg_shm msg = {
		.addr = htole64(byte() < 200 ? MEM_ADDR + byte() * 64 : number()),
		.len = htole64(byte() < 200 ? byte() * 8 : number()),
		.flags = htole32(byte() > 240 ? number() : 0),
		.vector = htole32(byte() < 128 ? VBUS_NO_VECTOR : byte()),
	};
	uint32_t id = byte() > 240 ? number() : byte() % 4;

	verb(VBUS_VERB_SHM, some_handle(), id, &msg, sizeof(msg));
}

static void format_line(size_t at, uint32_t base, uint32_t gen)
{
	struct vbus_line line = {
		.credit = htole32(base), .wake = htole32(base), .gen = htole32(gen),
	};

	memcpy(mem + at, &line, sizeof(line));
}

/* A queue as it should be, with one thing wrong now and then. */
static void do_queue(void)
{
	unsigned int id = byte() % QUEUES;
	struct queue *q = &f->queues[id];
	uint32_t base = byte() < 200 ? byte() : number(), gen = 1 + byte();
	struct vbus_msg_queue msg;

	q->req = 2u << byte() % 9;
	q->cpl = 2u << byte() % 9;
	q->at = id % 4 * 2 * HALF;
	memset(mem + q->at, 0, 2 * HALF);
	format_line(q->at, base, gen);
	format_line(q->at + HALF, base, gen);
	msg = (struct vbus_msg_queue){
		.req_size = htole32(q->req), .cpl_size = htole32(q->cpl),
		.vector = htole32(byte() < 60 ? VBUS_NO_VECTOR : byte()),
		.drv_half = htole64(MEM_ADDR + q->at),
		.dev_half = htole64(MEM_ADDR + q->at + HALF),
		.base = htole32(base), .drv_gen = htole32(gen), .dev_gen = htole32(gen),
	};
	if (byte() < 40) {
		msg.req_size = 0;
		msg.flags = htole32(VBUS_QUEUE_F_STREAM);
	}
	if (byte() < 30)
		((__le32 *)&msg)[byte() % 12] = htole32(number());
	if (verb(VBUS_VERB_QUEUE, some_handle(), id, &msg, sizeof(msg)) != VBUS_OK)
		return;
	memcpy(&msg, reply.data, sizeof(msg));
	q->up = true;
	q->doorbell = le32toh(msg.doorbell);
	q->idx = base;
}

static void do_queue_end(void)
{
	struct vbus_msg_queue msg = { 0 };
	unsigned int id = byte() % QUEUES;

	verb(VBUS_VERB_QUEUE, some_handle(), id, &msg, sizeof(msg));
	f->queues[id].up = false;
}

static void do_close_verb(void)
{
	verb(VBUS_VERB_CLOSE, some_handle(), 0, NULL, 0);
}

static void do_raw_verb(void)
{
	size_t len = byte() < 200 ? byte() % 80 : word() % (sizeof(req) + 32), i;

	for (i = 0; i < len && i < sizeof(req); i++)
		((uint8_t *)&req)[i] = i < 80 ? byte() : i;
	if (byte() < 128)
		req.head.len = htole32(len - sizeof(req.head));
	send_message(len);
}

/* ---- rings ------------------------------------------------------------------------------- */

static uint64_t buffer_addr(void)
{
	return byte() < 220 ? MEM_ADDR + (word() % MEM_BYTES) : number();
}

static void put_slot(struct queue *q, bool last)
{
	size_t at = q->at + HALF + VBUS_HALF_HDR + q->idx % q->req * sizeof(struct vbus_slot);
	struct vbus_slot slot;
	uint32_t len = byte() < 200 ? word() % 2048 : number();
	uint8_t flags = byte() < 128 ? (last ? 0 : VBUS_SLOT_F_MORE) : byte();
	unsigned int i;

	slot.addr = htole64(buffer_addr());
	slot.lf = htole32((len & VBUS_SLOT_LEN_MASK) | (uint32_t)flags << VBUS_SLOT_FLAG_SHIFT);
	/* A header laid over the slot, as in a packet: small numbers in all bytes. */
	if (byte() < 60)
		for (i = 0; i < 11; i++)
			((uint8_t *)&slot)[i] = byte() % 20;
	slot.seq = htole32(byte() < 245 ? q->idx + 1 : number());
	memcpy(mem + at, &slot, sizeof(slot));
	q->idx++;
}

static void do_publish(void)
{
	struct queue *q = &f->queues[byte() % QUEUES];
	unsigned int n = 1 + byte() % 20;

	if (!q->up)
		return;
	while (n--)
		put_slot(q, !n);
	ioctl(f->fd, VBUS_USER_RING, (unsigned long)q->doorbell);
}

static void do_scribble(void)
{
	size_t at = word() % MEM_BYTES, n = byte() % 64;

	while (n-- && at < MEM_BYTES)
		mem[at++] = byte();
}

/* The words the consumer of the other side writes and the producer reads. */
static void do_line(void)
{
	struct queue *q = &f->queues[byte() % QUEUES];
	struct vbus_line *line = (void *)(mem + q->at + (byte() % 2) * HALF);

	line->wake = htole32(byte() < 128 ? q->idx : number());
	if (byte() < 60)
		line->credit = htole32(number());
	if (byte() < 20)
		line->gen = htole32(number());
}

/* ---- system calls ------------------------------------------------------------------------ */

static void do_open_file(void)
{
	struct vbus_user_attach a = { .version = VBUS_USER_VERSION };

	close_file(f);
	f->fd = open("/dev/vbus", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (byte() < 240 && f->fd >= 0)
		ioctl(f->fd, VBUS_USER_ATTACH, &a);
}

static void note_ports(void)
{
	struct vbus_event ev;
	char type[VBUS_TYPE_SIZE + 1] = "";

	while (read(f->fd, &ev, sizeof(ev)) == sizeof(ev)) {
		memcpy(type, ev.type, sizeof(ev.type));
		if (le32toh(ev.event) == VBUS_EV_DEVADD && !strcmp(type, want_type))
			f->port = le32toh(ev.port);
	}
}

/* Everything as it should be, up to where it becomes interesting. */
static void do_begin(void)
{
	struct vbus_user_attach a = { .version = VBUS_USER_VERSION };
	struct vbus_user_mem m = {
		.addr = MEM_ADDR, .len = MEM_BYTES, .fd = mem_fd,
		.flags = VBUS_USER_MEM_READ | VBUS_USER_MEM_WRITE,
	};
	struct vbus_msg_attach msg = { .version = htole32(VBUS_ABI_VERSION) };
	struct pollfd pfd;

	if (f->fd < 0)
		f->fd = open("/dev/vbus", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ioctl(f->fd, VBUS_USER_ATTACH, &a);
	ioctl(f->fd, VBUS_USER_MEM_ADD, &m);
	verb(VBUS_VERB_ATTACH, 0, 0, &msg, sizeof(msg));
	pfd = (struct pollfd){ .fd = f->fd, .events = POLLIN };
	poll(&pfd, 1, 20);
	note_ports();
	do_open();
}

static void do_random_ioctl(void)
{
	unsigned long cmd = byte() < 200 ?
			    _IOC(byte() % 4, VBUS_USER_IOC, 0x40 + byte() % 8, byte()) : number();
	uint8_t how = byte();
	size_t i;

	for (i = 0; i < 104; i++)
		scratch[i] = byte();
	ioctl(f->fd, cmd, how < 200 ? (unsigned long)scratch : (unsigned long)number());
}

static void do_mem_add(void)
{
	struct vbus_user_mem m = {
		.addr = byte() < 128 ? VBUS_USER_ADDR_ANY : number(),
		.len = byte() < 200 ? byte() % 8 * PAGE : number(),
		.start = byte() < 128 ? 0 : (uintptr_t)mem,
		.fd = byte() < 128 ? mem_fd : (int8_t)byte(),
		.flags = byte() % 8 < 6 ? 3 : byte(),
	};

	if (m.fd == -1 && byte() < 200)
		m.start = (uintptr_t)scratch & -PAGE;
	ioctl(f->fd, VBUS_USER_MEM_ADD, &m);
}

static void do_mem_del(void)
{
	uint64_t addr = byte() < 128 ? MEM_ADDR : number();

	ioctl(f->fd, VBUS_USER_MEM_DEL, &addr);
}

static void do_set_eventfd(void)
{
	struct vbus_user_eventfd m = {
		.nr = byte() < 240 ? byte() % 16 : number(),
		.fd = byte() < 180 ? efds[byte() % 4] : (int8_t)byte(),
	};

	ioctl(f->fd, byte() < 128 ? VBUS_USER_DOORBELL : VBUS_USER_VECTOR, &m);
}

static void do_use_eventfd(void)
{
	int fd = efds[byte() % 4];
	uint64_t n = 1 + byte();
	ssize_t ret;

	ret = byte() < 180 ? write(fd, &n, sizeof(n)) : read(fd, &n, sizeof(n));
	(void)ret;
}

static void do_new_eventfd(void)
{
	int *fd = &efds[byte() % 4];

	close(*fd);
	*fd = eventfd(byte(), EFD_NONBLOCK | (byte() < 60 ? EFD_SEMAPHORE : 0));
}

static void do_ring(void)
{
	unsigned long nr = byte() < 220 ? byte() % 16 : number();

	ioctl(f->fd, VBUS_USER_RING, nr);
}

static void do_read(void)
{
	struct pollfd pfd = { .fd = f->fd, .events = POLLIN };
	ssize_t ret;

	poll(&pfd, 1, 0);
	ret = read(f->fd, scratch, byte() * 10);
	(void)ret;
	note_ports();
}

static void do_close_file(void) { close_file(f); }
static void do_other_file(void) { f = &files[byte() % FILES]; }

/* The pages under a mapping change; what was registered does not. */
static void do_remap(void)
{
	size_t page = byte() % (MEM_BYTES / PAGE) * PAGE;

	switch (byte() % 3) {
	case 0:
		madvise(mem + page, PAGE, MADV_REMOVE);
		break;
	case 1:
		munmap(mem + page, PAGE);
		mmap(mem + page, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, mem_fd, page);
		break;
	case 2:
		if (ftruncate(mem_fd, MEM_BYTES / 2) == 0)
			abort();
		break;
	}
}

static void run_program(const struct program *p, bool child);

/* Somebody else uses the file at the same time and dies in the middle of it. */
static void do_fork(void)
{
	static struct program rest;
	const struct program *mine = prog;
	size_t at = prog_at;
	pid_t pid;

	rest.len = prog->len - prog_at;
	memcpy(rest.bytes, prog->bytes + prog_at, rest.len);
	pid = fork();
	if (!pid) {
		alarm(1);
		run_program(&rest, true);
		_exit(0);
	}
	if (pid < 0)
		return;
	usleep(byte() * 4);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	prog = mine;
	prog_at = at;
}

static void (* const ops[])(void) = {
	do_begin, do_begin, do_publish, do_publish, do_publish, do_publish, do_queue, do_queue,
	do_call, do_call, do_call, do_shm, do_open, do_queue_end, do_close_verb, do_attach_verb,
	do_raw_verb, do_line, do_scribble, do_open_file, do_random_ioctl, do_mem_add, do_mem_del,
	do_set_eventfd, do_use_eventfd, do_new_eventfd, do_ring, do_ring, do_read, do_close_file,
	do_other_file, do_remap,
};

static void reset(void)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		close_file(&files[i]);
	f = &files[0];
}

static void run_program(const struct program *p, bool child)
{
	prog = p;
	prog_at = 0;
	while (prog_at < prog->len) {
		uint8_t op = byte();

		/* Forking is slow. */
		if (op == 255 && !child)
			do_fork();
		else
			ops[op % (sizeof(ops) / sizeof(ops[0]))]();
		steps++;
	}
	if (!child)
		reset();
}

/* ---- coverage ---------------------------------------------------------------------------- */

#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define COVER_SIZE	(64 << 10)
#define SEEN_BITS	(1 << 20)

static unsigned long *cover;
static uint8_t seen[SEEN_BITS / 8];

static void cover_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, COVER_SIZE))
		return;
	cover = mmap(NULL, COVER_SIZE * sizeof(*cover), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (cover == MAP_FAILED || ioctl(fd, KCOV_ENABLE, 0))
		cover = NULL;
}

/* How much of what was just run is new? */
static unsigned int cover_new(void)
{
	unsigned long n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED), i, last = 0, edge;
	unsigned int new = 0;

	for (i = 1; i <= n && i < COVER_SIZE; i++) {
		edge = (cover[i] ^ last * 31) % SEEN_BITS;
		last = cover[i];
		new += !(seen[edge / 8] & 1 << edge % 8);
		seen[edge / 8] |= 1 << edge % 8;
	}
	return new;
}

/* ---- programs ---------------------------------------------------------------------------- */

static struct program *corpus[CORPUS_MAX];
static unsigned int corpus_size;

static void make_program(struct program *p)
{
	size_t i;

	p->len = 64 + rnd() % (PROGRAM_MAX - 64);
	for (i = 0; i < p->len; i++)
		p->bytes[i] = rnd();
	/* Nothing much happens without it. */
	p->bytes[0] = 0;
}

static void mutate_program(struct program *p)
{
	const struct program *other = corpus[rnd() % corpus_size];
	unsigned int n = 1 + rnd() % 16;
	size_t at;

	*p = *corpus[rnd() % corpus_size];
	if (rnd() % 4 == 0) {
		at = rnd() % p->len;
		memcpy(p->bytes + at, other->bytes,
		       at + other->len < PROGRAM_MAX ? other->len : PROGRAM_MAX - at);
		p->len = at + other->len < PROGRAM_MAX ? at + other->len : PROGRAM_MAX;
	}
	while (n--)
		p->bytes[rnd() % p->len] = rnd();
}

static void keep_program(const struct program *p)
{
	struct program *copy = malloc(sizeof(*copy));
	unsigned int at = corpus_size < CORPUS_MAX ? corpus_size++ : rnd() % CORPUS_MAX;

	if (!copy)
		abort();
	*copy = *p;
	free(corpus[at]);
	corpus[at] = copy;
}

static void fuzz(time_t seconds)
{
	time_t end = time(NULL) + seconds;
	static struct program p;

	while (time(NULL) < end) {
		if (corpus_size && rnd() % 4)
			mutate_program(&p);
		else
			make_program(&p);
		if (cover)
			__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
		run_program(&p, false);
		programs++;
		if (cover && cover_new())
			keep_program(&p);
		if (verbose && programs % 100 == 0)
			fprintf(stderr, "%lu programs, %lu steps, %u kept\n", programs, steps,
				corpus_size);
	}
}

static void run_file(const char *path)
{
	static struct program p;
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, p.bytes, sizeof(p.bytes));

	if (n < 0) {
		perror(path);
		exit(1);
	}
	p.len = n;
	run_program(&p, false);
	programs++;
}

static void prepare(uid_t uid)
{
	unsigned int i;

	signal(SIGALRM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	mem_fd = memfd_create("fuzz", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (mem_fd < 0 || ftruncate(mem_fd, MEM_BYTES) || fcntl(mem_fd, F_ADD_SEALS, F_SEAL_SHRINK))
		abort();
	mem = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd, 0);
	if (mem == MAP_FAILED)
		abort();
	for (i = 0; i < 4; i++)
		efds[i] = eventfd(0, EFD_NONBLOCK);
	for (i = 0; i < FILES; i++)
		files[i].fd = -1;
	reset();
	cover_open();
	if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
		abort();
}

int main(int argc, char **argv)
{
	time_t seconds = 10;
	uid_t uid = 0;
	int opt;

	rng_state = time(NULL);
	while ((opt = getopt(argc, argv, "s:t:u:p:v")) != -1) {
		switch (opt) {
		case 's':
			rng_state = strtoull(optarg, NULL, 0);
			break;
		case 't':
			seconds = strtoul(optarg, NULL, 0);
			break;
		case 'u':
			uid = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			want_type = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	printf("seed %llu\n", (unsigned long long)rng_state);
	rng_state = rng_state * 0x9e3779b97f4a7c15ull + 1;
	prepare(uid);
	if (optind < argc)
		run_file(argv[optind]);
	else
		fuzz(seconds);
	printf("%lu programs, %lu steps, %s\n", programs, steps,
	       cover ? "guided by coverage" : "no KCOV");
	if (cover)
		printf("%u programs kept\n", corpus_size);
	return 0;
}

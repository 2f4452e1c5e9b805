// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-peer: does with a function of vbus-kvm what QEMU and a guest do with it, without either.
 *
 *	vfio-peer FUNCTION echo COUNT	round trips through an echo device on the bus
 *	vfio-peer FUNCTION run		round trips until killed; says "ready" after the first
 *	vfio-peer FUNCTION storm SECONDS	round trips while memory comes and goes
 *	vfio-peer FUNCTION reset COUNT	resets between round trips
 *	vfio-peer FUNCTION garbage SECONDS	nonsense in registers, mailbox and ring
 *	vfio-peer FUNCTION hold		opens it and waits; says "ready"
 *
 * FUNCTION is a path such as /sys/vbus/instances/<bus>/kvm; for garbage, in a guest, also one such as
 * /sys/bus/pci/devices/0000:00:03.0, of which no driver is bound. Exit status: 0, 1 (what it saw is
 * wrong), 2 (it cannot be opened; the error is on stderr).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <linux/vbus.h>
#include <linux/vbus_echo.h>
#include <linux/vbus_pci.h>
#include <linux/vbus_ring.h>

/* The guest's memory: what the rings and the mailbox are in, and what the buffers are in. */
#define FIXED_IOVA	0x100000ull
#define FIXED_SIZE	(1u << 20)
#define HUGE_PAGE	(2u << 20)
#define LOOSE_IOVA	0x8000000ull
#define LOOSE_SIZE	(32u << 20)

#define SLOTS		64
#define VECTORS		2
#define BUF_LEN		3000

static int container, group, device, config;
static int in_guest;
static uint8_t *fixed, *loose;
static int vectors[VECTORS];
static uint64_t config_off, bar_off, fixed_iova = FIXED_IOVA;
static uint32_t next_idx, answers;

static struct vbus_pci_mbox *mbox;
static uint8_t *drv_half, *dev_half;

static void die(const char *what)
{
	fprintf(stderr, "vfio-peer: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void wrong(const char *what)
{
	fprintf(stderr, "vfio-peer: %s\n", what);
	exit(1);
}

/* ---- memory ------------------------------------------------------------------------------- */

static void map(uint64_t iova, void *mem, uint64_t size)
{
	struct vfio_iommu_type1_dma_map m = {
		.argsz = sizeof(m),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.iova = iova,
		.size = size,
	};

	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &m))
		die("VFIO_IOMMU_MAP_DMA");
}

static void unmap(uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap u = {
		.argsz = sizeof(u),
		.iova = iova,
		.size = size,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &u))
		die("VFIO_IOMMU_UNMAP_DMA");
}

static void *allocate(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		die("mmap");
	return mem;
}

/* ---- registers ---------------------------------------------------------------------------- */

static uint32_t reg_read(uint32_t reg)
{
	uint32_t val;

	if (pread(device, &val, sizeof(val), bar_off + reg) != sizeof(val))
		die("read of a register");
	return val;
}

static void reg_write(uint32_t reg, uint32_t val)
{
	if (pwrite(device, &val, sizeof(val), bar_off + reg) != sizeof(val))
		die("write of a register");
}

static void config_write(uint32_t pos, uint32_t val, uint32_t len)
{
	if (pwrite(config, &val, len, config_off + pos) != (ssize_t)len)
		die("write of configuration space");
}

static uint64_t region(uint32_t index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("VFIO_DEVICE_GET_REGION_INFO");
	return info.offset;
}

static void set_vectors(void)
{
	uint8_t buf[sizeof(struct vfio_irq_set) + sizeof(vectors)];
	struct vfio_irq_set *set = (void *)buf;

	memset(buf, 0, sizeof(buf));
	set->argsz = sizeof(buf);
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = VFIO_PCI_MSIX_IRQ_INDEX;
	set->count = VECTORS;
	memcpy(set->data, vectors, sizeof(vectors));
	if (ioctl(device, VFIO_DEVICE_SET_IRQS, set))
		die("VFIO_DEVICE_SET_IRQS");
}

/* ---- opening, as QEMU does ---------------------------------------------------------------- */

static void open_group(const char *function)
{
	char path[PATH_MAX], link[PATH_MAX], node[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/iommu_group", function);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		die(path);
	link[n] = 0;
	snprintf(node, sizeof(node), "/dev/vfio/%.20s", strrchr(link, '/') + 1);
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		die("/dev/vfio/vfio");
	group = open(node, O_RDWR | O_CLOEXEC);
	if (group < 0)
		die(node);
}

static void open_function(const char *function)
{
	const char *name = strrchr(function, '/');
	int i;

	open_group(function);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		die("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
	fixed = allocate(FIXED_SIZE);
	loose = allocate(LOOSE_SIZE);
	map(FIXED_IOVA, fixed, FIXED_SIZE);
	map(LOOSE_IOVA, loose, LOOSE_SIZE);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name ? name + 1 : function);
	if (device < 0)
		die("VFIO_GROUP_GET_DEVICE_FD");
	config = device;
	config_off = region(VFIO_PCI_CONFIG_REGION_INDEX);
	bar_off = region(VFIO_PCI_BAR0_REGION_INDEX);
	config_write(0x10, 0xc000, 4);
	config_write(0x04, 5, 2);
	for (i = 0; i < VECTORS; i++) {
		vectors[i] = eventfd(0, EFD_NONBLOCK);
		if (vectors[i] < 0)
			die("eventfd");
	}
	set_vectors();
	if (reg_read(VBUS_PCI_REG_MAGIC) != VBUS_PCI_MAGIC)
		wrong("there is no function of vbus");
}

/* ---- opening, as a guest's kernel does ---------------------------------------------------- */

static int open_in(const char *function, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", function, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

/* Where the guest has it, which is where a machine without an IOMMU finds it. */
static uint64_t physical(void *mem)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry, page = sysconf(_SC_PAGESIZE);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)mem / page * 8) != sizeof(entry))
		die("/proc/self/pagemap");
	close(fd);
	return (entry & ((1ull << 55) - 1)) * page;
}

static void open_raw(const char *function)
{
	fixed = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (fixed == MAP_FAILED)
		die("a huge page");
	fixed_iova = physical(fixed);
	config = open_in(function, "config");
	device = open_in(function, "resource0");
	config_write(0x04, 5, 2);
	if (reg_read(VBUS_PCI_REG_MAGIC) != VBUS_PCI_MAGIC)
		wrong("there is no function of vbus");
}

/* ---- verbs -------------------------------------------------------------------------------- */

static void mailbox(void)
{
	mbox = (void *)fixed;
	drv_half = fixed + 0x4000;
	dev_half = drv_half + VBUS_HALF_BYTES(SLOTS);
	reg_write(VBUS_PCI_REG_MBOX_LO, (uint32_t)fixed_iova);
	reg_write(VBUS_PCI_REG_MBOX_HI, fixed_iova >> 32);
}

/* Status of the reply, or -1. The payload of the reply replaces that of the request. */
static int verb(int nr, uint32_t handle, uint32_t arg, void *data, uint32_t len, uint32_t *new_handle)
{
	struct vbus_msg *req = (void *)mbox->req, *reply = (void *)mbox->reply;

	memset(req, 0, sizeof(*req));
	req->verb = nr;
	req->handle = handle;
	req->arg = arg;
	req->len = len;
	memcpy(req + 1, data, len);
	reply->verb = 0;
	reg_write(VBUS_PCI_REG_VERB, sizeof(*req) + len);
	if (!reply->verb)
		return -1;
	if (reply->len == len)
		memcpy(data, reply + 1, len);
	if (new_handle)
		*new_handle = reply->handle;
	return reply->status;
}

static int attach(void)
{
	struct vbus_msg_attach msg = { .version = VBUS_ABI_VERSION };

	return verb(VBUS_VERB_ATTACH, 0, 0, &msg, sizeof(msg), NULL);
}

static int open_port(uint32_t port, uint32_t *handle)
{
	struct vbus_msg_open msg = { .port = port, .version = VBUS_ECHO_VERSION };

	return verb(VBUS_VERB_OPEN, 0, 0, &msg, sizeof(msg), handle);
}

/* Wait for the vector; the next event is of the port then. */
static uint32_t wait_port(void)
{
	struct pollfd pfd = { .fd = vectors[VBUS_PCI_VECTOR_EVENT], .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, 5000) != 1)
		wrong("no interrupt tells of the device");
	if (read(vectors[VBUS_PCI_VECTOR_EVENT], &count, sizeof(count)) < 0)
		die("eventfd");
	reg_write(VBUS_PCI_REG_EVENT, 1);
	if (mbox->event.event != VBUS_EV_DEVADD || strcmp((char *)mbox->event.type, VBUS_ECHO_TYPE))
		wrong("the event is not that of an echo device");
	return mbox->event.port;
}

static void format_rings(uint32_t base, uint32_t gen)
{
	struct vbus_line *req = (void *)drv_half, *cpl = (void *)dev_half;

	memset(drv_half, 0, VBUS_HALF_BYTES(SLOTS) * 2);
	req->wake = base;
	req->credit = base;
	req->gen = gen;
	cpl->wake = base;
	cpl->credit = base;
	cpl->gen = gen;
	next_idx = base;
	answers = base;
}

static int queue(uint32_t handle, uint32_t *doorbell)
{
	struct vbus_msg_queue msg = {
		.req_size = SLOTS,
		.cpl_size = SLOTS,
		.vector = 1,
		.drv_half = fixed_iova + (drv_half - fixed),
		.dev_half = fixed_iova + (dev_half - fixed),
		.base = rand() & 0xffff,
		.drv_gen = 1,
		.dev_gen = 1,
	};
	int status;

	format_rings(msg.base, 1);
	status = verb(VBUS_VERB_QUEUE, handle, VBUS_ECHO_QUEUE, &msg, sizeof(msg), NULL);
	*doorbell = msg.doorbell;
	return status;
}

/* From nothing to a queue. Return: its doorbell. */
static uint32_t bring_up(void)
{
	uint32_t handle, doorbell, port;

	mailbox();
	if (attach())
		wrong("ATTACH failed");
	port = wait_port();
	if (open_port(port, &handle))
		wrong("OPEN failed");
	if (queue(handle, &doorbell))
		wrong("QUEUE failed");
	reg_write(VBUS_PCI_REG_DOORBELLS, 1);
	return doorbell;
}

/* ---- traffic ------------------------------------------------------------------------------ */

static void request(uint64_t iova, uint32_t len)
{
	struct vbus_slot *slot = (struct vbus_slot *)(dev_half + VBUS_HALF_HDR) + next_idx % SLOTS;

	slot->addr = iova;
	slot->lf = len;
	__atomic_store_n(&slot->seq, next_idx + 1, __ATOMIC_RELEASE);
	next_idx++;
}

static int answered(void)
{
	struct vbus_slot *slot = (struct vbus_slot *)(drv_half + VBUS_HALF_HDR) + answers % SLOTS;

	return __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) == answers + 1;
}

/* Take the answer. Return: 0; -1 if there is none in time. */
static int wait_answer(int ms)
{
	struct vbus_line *cpl = (void *)dev_half;
	struct pollfd pfd = { .fd = vectors[1], .events = POLLIN };
	uint64_t count;

	__atomic_store_n(&cpl->wake, answers, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (!answered()) {
		if (poll(&pfd, 1, ms) != 1)
			return -1;
		if (read(vectors[1], &count, sizeof(count)) < 0)
			die("eventfd");
	}
	answers++;
	return 0;
}

/* One buffer there and back, at a random place: it comes back reversed. */
static int round_trip(uint32_t doorbell, int ms)
{
	uint32_t len = 1 + rand() % BUF_LEN, off = rand() % (LOOSE_SIZE - len), i;
	uint8_t first = rand();

	for (i = 0; i < len; i++)
		loose[off + i] = first + i;
	request(LOOSE_IOVA + off, len);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	reg_write(VBUS_PCI_DOORBELL(doorbell), doorbell);
	if (wait_answer(ms))
		return -1;
	for (i = 0; i < len; i++)
		if (loose[off + i] != (uint8_t)(first + len - 1 - i))
			wrong("what came back is not what was sent");
	return 0;
}

static void echo(uint32_t doorbell, long count)
{
	while (count--)
		if (round_trip(doorbell, 5000))
			wrong("no answer");
}

static void run(uint32_t doorbell)
{
	long n;

	for (n = 0;; n++) {
		if (round_trip(doorbell, 5000))
			wrong("no answer");
		if (!n) {
			puts("ready");
			fflush(stdout);
		}
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static volatile int stop;

/* Memory of the buffers goes away and comes back, mostly while somebody copies. */
static void *storm_thread(void *unused)
{
	(void)unused;
	while (!stop) {
		unmap(LOOSE_IOVA, LOOSE_SIZE);
		map(LOOSE_IOVA, loose, LOOSE_SIZE);
		usleep(rand() % 150000);
	}
	return NULL;
}

/*
 * A request whose memory is gone at the wrong moment ends the session, which is the device's right;
 * then all begins anew.
 */
static void storm(uint32_t doorbell, long seconds)
{
	double end = now() + seconds;
	long good = 0, resets = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, storm_thread, NULL))
		die("pthread_create");
	while (now() < end) {
		if (!round_trip(doorbell, 1000)) {
			good++;
			continue;
		}
		resets++;
		reg_write(VBUS_PCI_REG_STATUS, 0);
		doorbell = bring_up();
	}
	stop = 1;
	pthread_join(thread, NULL);
	printf("round trips %ld, sessions lost %ld\n", good, resets);
	if (!good)
		wrong("nothing came back");
	/* All of it goes, under a session that works. */
	unmap(LOOSE_IOVA, LOOSE_SIZE);
	unmap(FIXED_IOVA, FIXED_SIZE);
}

static void resets(uint32_t doorbell, long count)
{
	while (count--) {
		echo(doorbell, 3);
		if (count & 1) {
			reg_write(VBUS_PCI_REG_STATUS, 0);
		} else {
			if (ioctl(device, VFIO_DEVICE_RESET))
				die("VFIO_DEVICE_RESET");
			config_write(0x10, 0xc000, 4);
			config_write(0x04, 5, 2);
		}
		if (reg_read(VBUS_PCI_REG_STATUS) != VBUS_PCI_S_BUS)
			wrong("the mailbox survived a reset");
		doorbell = bring_up();
	}
}

static uint32_t noise(void)
{
	return (uint32_t)rand() << 16 ^ rand();
}

/*
 * An address; a guest's kernel is to live on for a while, so there only in our page and where no memory
 * is.
 */
static uint64_t somewhere(void)
{
	if (!in_guest)
		return (uint64_t)noise() << (rand() % 32);
	return rand() % 2 ? fixed_iova + noise() % (HUGE_PAGE / 2) : 1ull << 40 | noise();
}

static void garbage(long seconds)
{
	double end = now() + seconds;
	uint8_t *bytes = fixed;
	uint64_t addr;
	int i;

	while (now() < end) {
		for (i = 0; i < 64; i++)
			bytes[rand() % (rand() % 2 ? 64 : 0x8000)] = rand();
		switch (rand() % 8) {
		case 0:
			reg_write(rand() % 256 & ~3, rand() % 2 ? noise() : somewhere());
			break;
		case 1:
			/* In a guest it is QEMU's business, and would move the ports. */
			if (!in_guest)
				config_write(rand() % 252, noise(), 4);
			break;
		case 2:
			mailbox();
			attach();
			break;
		case 3:
			reg_write(VBUS_PCI_REG_VERB, rand() % 5000);
			break;
		case 4:
			open_port(rand() % 3, NULL);
			break;
		case 5:
			reg_write(VBUS_PCI_DOORBELL(rand() % VBUS_PCI_PORTS), noise());
			break;
		case 6: {
			uint32_t doorbell;

			mailbox();
			queue(1 + rand() % 8, &doorbell);
			request(somewhere(), noise() & (in_guest ? HUGE_PAGE / 2 - 1 : 0xffffff));
			reg_write(VBUS_PCI_DOORBELL(0), 0);
			break;
		}
		case 7:
			addr = somewhere();
			reg_write(VBUS_PCI_REG_MBOX_LO, addr & (rand() % 4 ? ~0xfff : ~0));
			reg_write(VBUS_PCI_REG_MBOX_HI, addr >> 32);
			reg_write(VBUS_PCI_REG_EVENT, 1);
			break;
		}
	}
}

static void hold(void)
{
	puts("ready");
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	const char *mode = argc >= 3 ? argv[2] : "";
	long arg = argc >= 4 ? atol(argv[3]) : 1;

	srand(getpid());
	if (argc < 3)
		wrong("usage: vfio-peer FUNCTION echo|run|storm|reset|garbage|hold [NUMBER]");
	in_guest = !strcmp(mode, "garbage") && strstr(argv[1], "/pci/");
	if (in_guest)
		open_raw(argv[1]);
	else
		open_function(argv[1]);
	if (!strcmp(mode, "hold")) {
		hold();
	} else if (!strcmp(mode, "garbage")) {
		mailbox();
		garbage(arg);
	} else if (!strcmp(mode, "echo")) {
		echo(bring_up(), arg);
	} else if (!strcmp(mode, "run")) {
		run(bring_up());
	} else if (!strcmp(mode, "storm")) {
		storm(bring_up(), arg);
	} else if (!strcmp(mode, "reset")) {
		resets(bring_up(), arg);
	} else {
		wrong("no such mode");
	}
	return 0;
}

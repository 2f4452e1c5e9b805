// SPDX-License-Identifier: GPL-2.0
/*
 * libvbus: memory the device side can reach.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "internal.h"

static int mem_add(struct vbus *bus, int fd, __u64 start, size_t bytes, unsigned int flags,
		   __u64 *addr)
{
	struct vbus_user_mem mem = {
		.addr = VBUS_USER_ADDR_ANY,
		.len = bytes,
		.start = start,
		.fd = fd,
		.flags = flags,
	};

	if (ioctl(bus->fd, VBUS_USER_MEM_ADD, &mem))
		return -errno;
	*addr = mem.addr;
	return 0;
}

EXPORT int vbus_mem_add(struct vbus *bus, void *ptr, size_t bytes, unsigned int flags, __u64 *addr)
{
	return mem_add(bus, -1, (uintptr_t)ptr, bytes, flags, addr);
}

EXPORT int vbus_mem_add_fd(struct vbus *bus, int fd, off_t start, size_t bytes,
			   unsigned int flags, __u64 *addr)
{
	return fd < 0 ? -EBADF : mem_add(bus, fd, start, bytes, flags, addr);
}

EXPORT int vbus_mem_del(struct vbus *bus, __u64 addr)
{
	return ioctl(bus->fd, VBUS_USER_MEM_DEL, &addr) ? -errno : 0;
}

static int sealed_memfd(size_t bytes)
{
	int fd = memfd_create("vbus", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, bytes) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void *map_and_add(struct vbus *bus, int fd, size_t bytes, __u64 *addr)
{
	void *ptr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int err;

	if (ptr == MAP_FAILED)
		return NULL;
	err = vbus_mem_add_fd(bus, fd, 0, bytes, VBUS_USER_MEM_READ | VBUS_USER_MEM_WRITE, addr);
	if (err) {
		munmap(ptr, bytes);
		errno = -err;
		return NULL;
	}
	return ptr;
}

EXPORT void *vbus_mem_alloc(struct vbus *bus, size_t bytes, __u64 *addr)
{
	size_t page = sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
	struct own_memory *m = calloc(1, sizeof(*m));
	int fd, saved;

	if (!m)
		return NULL;
	fd = sealed_memfd(whole);
	if (fd < 0)
		goto err_free;
	m->bytes = whole;
	m->ptr = map_and_add(bus, fd, whole, &m->addr);
	saved = errno;
	close(fd);
	errno = saved;
	if (!m->ptr)
		goto err_free;
	m->next = bus->memory;
	bus->memory = m;
	*addr = m->addr;
	return m->ptr;

err_free:
	free(m);
	return NULL;
}

EXPORT int vbus_mem_free(struct vbus *bus, void *ptr)
{
	struct own_memory **p, *m;
	int err;

	for (p = &bus->memory; *p && (*p)->ptr != ptr; p = &(*p)->next)
		;
	m = *p;
	if (!m)
		return -ENOENT;
	err = vbus_mem_del(bus, m->addr);
	/* Who was detached has no memory registered any more. */
	if (err && err != -ENODEV)
		return err;
	*p = m->next;
	munmap(m->ptr, m->bytes);
	free(m);
	return 0;
}

/* The file is closed. */
void vbus_mem_unmap_all(struct vbus *bus)
{
	struct own_memory *m;

	while ((m = bus->memory)) {
		bus->memory = m->next;
		munmap(m->ptr, m->bytes);
		free(m);
	}
}

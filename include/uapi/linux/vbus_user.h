/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus: /dev/vbus, by which a process is the driver side of its bus.
 *
 * open() is what needs permission: the process has to be a member of a bus, and what comes after is
 * about that bus, whoever holds the file then. VBUS_USER_ATTACH joins it; verbs, memory, doorbells
 * and vectors follow in any order. read() returns events, &struct vbus_event of linux/vbus.h, one
 * or more of them, and 0 once the administrator has detached the file; poll() waits for them.
 *
 * These structs have the byte order of the machine and are the same for 32-bit programs. What
 * travels inside a verb (struct vbus_msg) and what read() returns is little-endian.
 */
#ifndef _UAPI_LINUX_VBUS_USER_H
#define _UAPI_LINUX_VBUS_USER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VBUS_USER_VERSION	1

/**
 * struct vbus_user_attach - VBUS_USER_ATTACH
 * @version: VBUS_USER_VERSION the program was built for; back: the one the kernel speaks, also when
 *	the answer is EOPNOTSUPP
 * @flags: 0
 * @doorbells: back: doorbell numbers are below it
 * @vectors: back: vector numbers are below it
 * @ranges: back: most ranges of memory
 * @rsvd: 0
 * @bytes: back: most bytes in all ranges
 * @name: back: name of the client on its bus, zero-terminated
 */
struct vbus_user_attach {
	__u32 version;
	__u32 flags;
	__u32 doorbells;
	__u32 vectors;
	__u32 ranges;
	__u32 rsvd;
	__u64 bytes;
	__u8 name[72];
};

/**
 * struct vbus_user_verb - VBUS_USER_VERB
 * @req: address of the request, &struct vbus_msg and its payload
 * @reply: address of room for the reply; may be that of @req
 * @req_len: bytes of the request
 * @reply_len: bytes of room, at least sizeof(struct vbus_msg); back: bytes of the reply
 *
 * The ioctl succeeds when there is a reply; what became of the verb is in its status.
 */
struct vbus_user_verb {
	__u64 req;
	__u64 reply;
	__u32 req_len;
	__u32 reply_len;
};

/* What the device side may do with a range; at least one. Rings need both. */
#define VBUS_USER_MEM_READ	0x1
#define VBUS_USER_MEM_WRITE	0x2

#define VBUS_USER_ADDR_ANY	0xffffffffffffffffull

/**
 * struct vbus_user_mem - VBUS_USER_MEM_ADD
 * @addr: peer address the range shall have, or VBUS_USER_ADDR_ANY; back: the one it has
 * @len: bytes
 * @start: @fd -1: address in the process; otherwise: offset in the memfd
 * @fd: a memfd with F_SEAL_SHRINK; -1: private anonymous memory of the process
 * @flags: VBUS_USER_MEM_*
 *
 * @addr, @len and @start are multiples of the page size. The pages are pinned and count towards
 * RLIMIT_MEMLOCK until the range is taken out, whatever the process does with the mapping.
 */
struct vbus_user_mem {
	__u64 addr;
	__u64 len;
	__u64 start;
	__s32 fd;
	__u32 flags;
};

/**
 * struct vbus_user_eventfd - VBUS_USER_DOORBELL and VBUS_USER_VECTOR
 * @nr: number of the doorbell or vector
 * @fd: eventfd; -1 takes the present one away
 *
 * DOORBELL: writing to the eventfd rings the doorbell; an eventfd rings one doorbell at most.
 * VECTOR: an interrupt of that number adds 1 to the eventfd; several may share one.
 */
struct vbus_user_eventfd {
	__u32 nr;
	__s32 fd;
};

#define VBUS_USER_IOC		0xbb

#define VBUS_USER_ATTACH	_IOWR(VBUS_USER_IOC, 0x40, struct vbus_user_attach)
#define VBUS_USER_VERB		_IOWR(VBUS_USER_IOC, 0x41, struct vbus_user_verb)
#define VBUS_USER_MEM_ADD	_IOWR(VBUS_USER_IOC, 0x42, struct vbus_user_mem)
/* The address of a range, by pointer. EBUSY while a ring is in it. */
#define VBUS_USER_MEM_DEL	_IOW(VBUS_USER_IOC, 0x43, __u64)
/* The number of a doorbell, by value. */
#define VBUS_USER_RING		_IO(VBUS_USER_IOC, 0x44)
#define VBUS_USER_DOORBELL	_IOW(VBUS_USER_IOC, 0x45, struct vbus_user_eventfd)
#define VBUS_USER_VECTOR	_IOW(VBUS_USER_IOC, 0x46, struct vbus_user_eventfd)

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_user_attach) == 104, "vbus_user_attach");
_Static_assert(sizeof(struct vbus_user_verb) == 24, "vbus_user_verb");
_Static_assert(sizeof(struct vbus_user_mem) == 32, "vbus_user_mem");
_Static_assert(sizeof(struct vbus_user_eventfd) == 8, "vbus_user_eventfd");
#endif

#endif /* _UAPI_LINUX_VBUS_USER_H */

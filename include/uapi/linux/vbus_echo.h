/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus echo: ABI of the "echo" device type. It returns what it gets, by call and by queue.
 */
#ifndef _UAPI_LINUX_VBUS_ECHO_H
#define _UAPI_LINUX_VBUS_ECHO_H

#include <linux/types.h>

#define VBUS_ECHO_TYPE		"echo"
#define VBUS_ECHO_VERSION	1
#define VBUS_ECHO_F_ALL		0ull	/* no optional features yet */

/*
 * Calls. ECHO returns its input. STAT returns struct vbus_echo_stat.
 */
#define VBUS_ECHO_CALL_ECHO	1
#define VBUS_ECHO_CALL_STAT	2

struct vbus_echo_stat {
	__le64 calls;
	__le64 messages;
	__le64 bytes;
	__le64 errors;
};

/*
 * Queue 0: a request is one slot {addr, len}: a buffer the device reads and writes back reversed
 * byte by byte, so that a peer that never wrote is noticed. The completion repeats addr and len.
 * The longest buffer is VBUS_ECHO_MAX bytes.
 * SHM 0: optional region the device reads a 64-bit word from and increments on CALL_TOUCH.
 */
#define VBUS_ECHO_QUEUE		0
#define VBUS_ECHO_SHM		0
#define VBUS_ECHO_MAX		65536
#define VBUS_ECHO_CALL_TOUCH	3

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_echo_stat) == 32, "vbus_echo_stat");
#endif

#endif /* _UAPI_LINUX_VBUS_ECHO_H */

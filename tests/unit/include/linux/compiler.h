/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Userspace stand-in. READ_ONCE and WRITE_ONCE are relaxed atomics, which compile to the plain
 * moves they are in the kernel and tell the thread sanitizer that the access is meant to race.
 */
#ifndef _UNIT_LINUX_COMPILER_H
#define _UNIT_LINUX_COMPILER_H

#include <linux/types.h>

#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#ifndef noinline
#define noinline __attribute__((__noinline__))
#endif
#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif

#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val) __atomic_store_n(&(x), (val), __ATOMIC_RELAXED)

#endif

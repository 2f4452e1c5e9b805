/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Userspace stand-in. Threads of one process are as coherent as CPUs are, and the "I/O memory" of
 * split homes is plain memory here, so both families of barriers are the same thing.
 */
#ifndef _UNIT_ASM_BARRIER_H
#define _UNIT_ASM_BARRIER_H

#include <linux/compiler.h>

/* What the kernel uses on x86; a fence instruction would cost twice as much. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define mb() asm volatile("lock; addl $0,-4(%%rsp)" ::: "memory", "cc")
#else
#define mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#define rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define dma_rmb() rmb()
#define dma_wmb() wmb()

#define virt_mb() mb()
#define virt_rmb() rmb()
#define virt_wmb() wmb()
#define virt_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define virt_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)

#endif

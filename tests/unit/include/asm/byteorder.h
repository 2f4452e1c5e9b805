/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Userspace stand-in. With UNIT_SWAP every conversion swaps bytes on a little-endian machine and
 * none does on a big-endian one: the code under test runs as it would on a machine of the other
 * byte order, and a conversion it forgets shows.
 */
#ifndef _UNIT_ASM_BYTEORDER_H
#define _UNIT_ASM_BYTEORDER_H

#include <linux/types.h>

#ifdef UNIT_SWAP
#define UNIT_SWAP_LE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#else
#define UNIT_SWAP_LE (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#endif

#define cpu_to_le16(x) ((__le16)(UNIT_SWAP_LE ? __builtin_bswap16(x) : (u16)(x)))
#define cpu_to_le32(x) ((__le32)(UNIT_SWAP_LE ? __builtin_bswap32(x) : (u32)(x)))
#define cpu_to_le64(x) ((__le64)(UNIT_SWAP_LE ? __builtin_bswap64(x) : (u64)(x)))
#define le16_to_cpu(x) ((u16)(UNIT_SWAP_LE ? __builtin_bswap16(x) : (u16)(x)))
#define le32_to_cpu(x) ((u32)(UNIT_SWAP_LE ? __builtin_bswap32(x) : (u32)(x)))
#define le64_to_cpu(x) ((u64)(UNIT_SWAP_LE ? __builtin_bswap64(x) : (u64)(x)))

#define cpu_to_be16(x) ((__be16)(UNIT_SWAP_LE ? (u16)(x) : __builtin_bswap16(x)))
#define cpu_to_be32(x) ((__be32)(UNIT_SWAP_LE ? (u32)(x) : __builtin_bswap32(x)))
#define cpu_to_be64(x) ((__be64)(UNIT_SWAP_LE ? (u64)(x) : __builtin_bswap64(x)))
#define be16_to_cpu(x) ((u16)(UNIT_SWAP_LE ? (u16)(x) : __builtin_bswap16(x)))
#define be32_to_cpu(x) ((u32)(UNIT_SWAP_LE ? (u32)(x) : __builtin_bswap32(x)))
#define be64_to_cpu(x) ((u64)(UNIT_SWAP_LE ? (u64)(x) : __builtin_bswap64(x)))

#endif

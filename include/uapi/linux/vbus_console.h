/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus console: ABI of the "virtual-console" device type.
 *
 * A device has one or more serial lines between a tty of the device side and one of the driver
 * side. The bytes of a line are a stream each way: none is lost, repeated or overtaken while both
 * sides are attached, and the sender waits for a receiver that is slow. Little-endian throughout.
 */
#ifndef _UAPI_LINUX_VBUS_CONSOLE_H
#define _UAPI_LINUX_VBUS_CONSOLE_H

#include <linux/types.h>

#define VBUS_CONSOLE_TYPE	"virtual-console"
#define VBUS_CONSOLE_VERSION	1

/* Features of OPEN. */
#define VBUS_CONSOLE_F_SIZE	(1ull << 0)	/* the window has a size, and the driver wants it */
#define VBUS_CONSOLE_F_BREAK	(1ull << 1)	/* slots may carry breaks, both ways */
#define VBUS_CONSOLE_F_ALL	0x3ull

/* Calls. */
#define VBUS_CONSOLE_CALL_INFO	1	/* out: struct vbus_console_info */
#define VBUS_CONSOLE_CALL_LINE	2	/* in: __le32 line; out: struct vbus_console_line */

#define VBUS_CONSOLE_MAX_LINES	16

/* Bytes of one slot, either way. */
#define VBUS_CONSOLE_MAX_LEN	65536

/**
 * struct vbus_console_info - what the device is like
 * @lines: serial lines it has, 1..VBUS_CONSOLE_MAX_LINES; does not change while it is open
 * @rsvd: zero
 */
struct vbus_console_info {
	__le32 lines;
	__le32 rsvd;
};

/**
 * struct vbus_console_line - how a line is now
 * @rows: of the window; 0 if it is not known
 * @cols: likewise; 0 without VBUS_CONSOLE_F_SIZE
 * @link: 1 = the tty of the device side exists, 0 = it does not
 */
struct vbus_console_line {
	__le16 rows;
	__le16 cols;
	__le32 link;
};

/*
 * Queues: 0 is the event stream, 1 + 2n carries bytes of line n to the driver ("rx"), 2 + 2n from
 * it ("tx"). A line is in use while both its queues exist.
 *
 * Transmit: a request is one slot {addr, len}, len 1..VBUS_CONSOLE_MAX_LEN. Completions are
 * cumulative: addr is the number of request slots done since the queue was set up (modulo 2^32),
 * len 0. A slot is done when the device side has taken all its bytes.
 *
 * Receive: a request posts a buffer {addr, len}, len 1..VBUS_CONSOLE_MAX_LEN. Completions are in
 * the order of posting, one for each buffer: {addr as posted, bytes written}.
 *
 * VBUS_CONSOLE_SLOT_F_BREAK in a transmit request or a receive completion: a break comes before
 * its bytes, of which there may then be none.
 */
#define VBUS_CONSOLE_Q_EVENT		0
#define VBUS_CONSOLE_Q_RX(line)		(1 + 2 * (line))
#define VBUS_CONSOLE_Q_TX(line)		(2 + 2 * (line))

#define VBUS_CONSOLE_SLOT_F_BREAK	0x10

/*
 * Events: addr: low 32 bits enum vbus_port_event, upper 32 bits the line. LINK_UP and LINK_DOWN:
 * the tty of the device side comes and goes. RESIZE: ask for the new size. HANGUP: the user at the
 * device side has hung up.
 */

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_console_info) == 8, "vbus_console_info");
_Static_assert(sizeof(struct vbus_console_line) == 8, "vbus_console_line");
#endif

#endif /* _UAPI_LINUX_VBUS_CONSOLE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * console: serial lines, the device side.
 *
 * A *vcon* is one device. It has *lines*, each of which joins a pair of queues of the driver and,
 * while the device is enabled, a *tty* of this machine:
 *
 *	struct vcon_rx		from the driver (VBUS_CONSOLE_Q_TX) to the tty
 *	struct vcon_tx		from the tty to the driver (VBUS_CONSOLE_Q_RX)
 *
 * as seen from here: rx is what the machine receives. Each is a poll, which alone moves bytes; all
 * others only schedule it. Queue and tty of a line change while its polls are disabled, so a poll
 * may use both without a lock.
 *
 * A tty can be open for longer than its device lives; what it needs then belongs to struct
 * vcon_tty, and the way to the line is found through RCU.
 *
 * Locks, outermost first:
 *	vcon.cfg		admin's changes
 *	vcon_line.change	polls of a line disabled
 *	vcon.lock		small state; BHs off
 *	vbus_dqueue.lock, vbus_events.lock
 *	tty_port.lock		the tty's write buffer; irqs off
 */
#ifndef _CONSOLE_H
#define _CONSOLE_H

#include <linux/kfifo.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/vbus_console.h>
#include <linux/workqueue.h>
#include <vbus/device.h>
#include <vbus/event.h>

/* Bytes copied at a time; not less than a tty's write buffer, which is a page. */
#define VCON_CHUNK		PAGE_SIZE

/* Bytes one poll may move before others get their turn. */
#define VCON_POLL_BYTES		(256 * 1024)

/* Bytes a tty may hold that nobody has read, and bytes kept while nobody has it open. */
#define VCON_TTY_BYTES		(128 * 1024)
#define VCON_BACKLOG		(32 * 1024)

struct vcon;
struct vcon_line;

/**
 * struct vcon_tty - a tty of this machine
 * @port: the tty layer's part; counts references, its lock guards what follows up to @flushed
 * @brk: a break is to be sent
 * @brk_at: bytes of the write buffer that come before it
 * @flushed: the write buffer was emptied since the poll looked at it
 * @open: somebody has it open
 * @line: what it belongs to; NULL once the device is disabled
 * @minor: its number
 * @name: <device> for the first line, <device>:<line> for others
 */
struct vcon_tty {
	struct tty_port port;
	bool brk;
	unsigned int brk_at;
	bool flushed;
	bool open;
	struct vcon_line __rcu *line;
	unsigned int minor;
	char name[VBUS_NAME_SIZE + 3];
};

/**
 * struct vcon_rx - bytes from the driver; owned by its poll
 * @q: the queue, or NULL
 * @poll: consumes it
 * @timer: has the poll look again whether the tty has room
 * @wait: for how long, jiffies
 * @stalled: the tty has no room
 * @slot: the request being taken, a private copy
 * @busy: there is one
 * @brk: its break is still to be passed on
 * @off: bytes of it that were taken
 * @done: requests done, as the driver is told
 * @owed: requests done that it was not told of
 * @pushed: bytes given to the tty that it was not told of
 * @backlog: bytes that came while nobody had the tty open
 * @dropped: bytes lost because it was full
 * @buf: of VCON_CHUNK bytes
 * @fault: see &struct vbus_fault
 */
struct vcon_rx {
	struct vbus_dqueue *q;
	struct vbus_poll poll;
	struct timer_list timer;
	unsigned int wait;
	bool stalled;
	struct vbus_slot slot;
	bool busy;
	bool brk;
	u32 off;
	u32 done;
	u32 owed;
	u32 pushed;
	struct kfifo backlog;
	u64 dropped;
	u8 *buf;
	struct vbus_fault fault;
};

/**
 * struct vcon_tx - bytes to the driver; owned by its poll
 * @q: the queue, or NULL
 * @poll: runs when there are bytes, or buffers that were waited for
 * @starved: there are bytes and no buffers
 * @buf: of VCON_CHUNK bytes
 * @fault: see &struct vbus_fault
 */
struct vcon_tx {
	struct vbus_dqueue *q;
	struct vbus_poll poll;
	bool starved;
	u8 *buf;
	struct vbus_fault fault;
};

/**
 * struct vcon_line - a serial line
 * @vcon: whose
 * @index: which
 * @change: held while the polls are disabled
 * @tty: its tty, or NULL; written with the polls disabled and vcon.lock held
 * @attached: the driver has set up both queues
 * @rows: of the window; vcon.lock
 * @cols: likewise
 * @rx: from the driver
 * @tx: to the driver
 */
struct vcon_line {
	struct vcon *vcon;
	unsigned int index;
	struct mutex change;	/* see above */
	struct vcon_tty *tty;
	bool attached;
	u16 rows;
	u16 cols;
	struct vcon_rx rx;
	struct vcon_tx tx;
};

/* What the driver is kept informed of by events, for each line. */
enum vcon_cell {
	VCON_CELL_LINK,
	VCON_CELL_SIZE,
	VCON_CELL_HANGUP,
	VCON_CELLS
};

/**
 * struct vcon_session - a driver's use of the device
 * @s: the core's part
 * @ev: event stream
 * @cells: what it tells
 */
struct vcon_session {
	struct vbus_session s;
	struct vbus_events ev;
	struct vbus_event_cell cells[VBUS_CONSOLE_MAX_LINES * VCON_CELLS];
};

/**
 * struct vcon - a device
 * @vdev: the core's part
 * @port: likewise
 * @cfg: serialises the admin's changes
 * @lock: guards @session, @enabled and changes of @hangup and @nlines
 * @enabled: by the admin
 * @hangup: closing the tty hangs up the driver's
 * @session: the driver, or NULL
 * @nlines: lines in use
 * @lines: the lines
 */
struct vcon {
	struct vbus_device vdev;
	struct vbus_port port;
	struct mutex cfg;	/* see above */
	spinlock_t lock;	/* see above */
	bool enabled;
	bool hangup;
	struct vcon_session *session;
	unsigned int nlines;
	struct vcon_line *lines[VBUS_CONSOLE_MAX_LINES];
};

static inline struct vcon *to_vcon(struct vbus_device *vdev)
{
	return container_of(vdev, struct vcon, vdev);
}

static inline struct vcon_session *to_vcon_session(struct vbus_session *s)
{
	return container_of(s, struct vcon_session, s);
}

/* vcon_is_fatal - an error of a step that does not mean to wait for something */
static inline bool vcon_is_fatal(int rc)
{
	return rc < 0 && rc != -EAGAIN && rc != -ENOSPC && rc != -ENOENT && rc != -ENODATA;
}

/* device.c: cfg held */
struct vbus_device *vcon_create(struct vbus_devclass *cls, const char *name);
void vcon_destroy(struct vbus_device *vdev);
void vcon_release(struct vbus_device *vdev);
int vcon_enable(struct vcon *v, bool on);
int vcon_set_lines(struct vcon *v, unsigned int n);

/* line.c */
struct vcon_line *vcon_line_create(struct vcon *v, unsigned int index);
void vcon_line_free(struct vcon_line *line);
void vcon_line_set_rx(struct vcon_line *line, struct vbus_dqueue *q);
void vcon_line_set_tx(struct vcon_line *line, struct vbus_dqueue *q);
void vcon_line_set_tty(struct vcon_line *line, struct vcon_tty *tty);
struct vcon_tty *vcon_line_get_tty(struct vcon_line *line);
void vcon_line_tell(struct vcon_line *line, enum vcon_cell cell, u32 type);
void vcon_line_resize(struct vcon_line *line, u16 rows, u16 cols);

/* port.c */
extern const struct vbus_port_ops vcon_port_ops;

/* rx.c, tx.c */
int vcon_rx_init(struct vcon_rx *rx);
void vcon_rx_fini(struct vcon_rx *rx);
int vcon_tx_init(struct vcon_tx *tx);
void vcon_tx_fini(struct vcon_tx *tx);

/* tty.c */
struct vcon_tty *vcon_tty_create(struct vcon_line *line);
void vcon_tty_remove(struct vcon_tty *vt);
void vcon_tty_carrier_lost(struct vcon_tty *vt);
unsigned int vcon_tty_peek(struct vcon_tty *vt, u8 *buf, unsigned int max, bool *brk);
void vcon_tty_skip(struct vcon_tty *vt, unsigned int n, bool brk);
bool vcon_tty_pending(struct vcon_tty *vt);
int vcon_tty_init(void);
void vcon_tty_exit(void);

/* attrs.c */
extern const struct attribute_group *vcon_groups[];

#endif /* _CONSOLE_H */

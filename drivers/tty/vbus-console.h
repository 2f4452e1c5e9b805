/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-console: driver for ports of type "virtual-console".
 *
 * A port has lines, each of which is a tty of this machine and can be its console. Not by way of
 * hvc: that moves 16 bytes at a time, polls, and knows 16 consoles.
 *
 * A line's bytes go through memory that is shared with the device for as long as the queues live,
 * so sending needs neither an allocation nor a mapping: it is done in any context, by tty and
 * console alike, under tx.lock. Receiving is done by a tasklet.
 */
#ifndef _VBUS_CONSOLE_H
#define _VBUS_CONSOLE_H

#include <linux/console.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/vbus_console.h>
#include <vbus/driver.h>
#include <vbus/listener.h>

/* What waits for the device: bytes, and the pieces they were written in. */
#define CON_TX_BYTES	65536
#define CON_TX_SLOTS	256

#define CON_RX_BUFS	16
#define CON_RX_BUF	4096

struct con_line;

/**
 * struct con_tx - bytes to the device; all under @lock
 * @lock: taken by printk(), so nothing may be printed while it is held
 * @q: the queue; usable while the line is live
 * @buf: CON_TX_BYTES of memory the device reads, a ring of bytes
 * @dma: its address for the device
 * @head: bytes put in
 * @tail: bytes the device is done with
 * @len: of each slot
 * @posted: slots
 * @done: slots the device is done with
 * @stuck: the console has waited for room in vain and does not wait again
 * @dropped: bytes the console could not get rid of
 * @name: of the queue's vector
 */
struct con_tx {
	spinlock_t lock;	/* see above */
	struct vbus_queue *q;
	u8 *buf;
	dma_addr_t dma;
	u32 head;
	u32 tail;
	u32 len[CON_TX_SLOTS];
	u32 posted;
	u32 done;
	bool stuck;
	u64 dropped;
	char name[48];
};

/**
 * struct con_rx - bytes from the device; for the tasklet only
 * @q: the queue; usable while the line is live
 * @buf: CON_RX_BUFS buffers the device writes to
 * @dma: their address for the device
 * @posted: buffers posted
 * @taken: buffers that came back
 * @busy: one of them is being taken
 * @brk: its break is still to be passed on
 * @len: bytes in it
 * @off: bytes of them that were taken
 * @pushed: something was given to the tty that it was not told of
 * @stalled: the tty has no room
 * @wait: until it is asked again, jiffies
 * @timer: asks
 * @sysrq: until when, in jiffies, the next byte is a command to the kernel; 0 for never
 * @dropped: bytes that came while nobody had the tty open
 * @name: of the queue's vector
 */
struct con_rx {
	struct vbus_queue *q;
	u8 *buf;
	dma_addr_t dma;
	u32 posted;
	u32 taken;
	bool busy;
	bool brk;
	u32 len;
	u32 off;
	bool pushed;
	bool stalled;
	unsigned int wait;
	struct timer_list timer;
	unsigned long sysrq;
	u64 dropped;
	char name[48];
};

/**
 * struct con_line - a line; lives for as long as its tty is open
 * @port: the tty layer's part; counts references
 * @proxy: the device; not to be used after the line was removed
 * @index: of the line in the device
 * @minor: of the tty
 * @started: there are queues
 * @live: they can be used; tx.lock
 * @broken: the device made no sense; nothing more is done with it
 * @told: the log has that
 * @breaks: were negotiated
 * @tx: to the device
 * @rx: from the device
 * @tasklet: runs when the device has rung, or its tty has room again
 * @size: of the window
 * @console: the system's console, perhaps
 */
struct con_line {
	struct tty_port port;
	struct vbus_proxy *proxy;
	u32 index;
	int minor;
	bool started;
	bool live;
	bool broken;
	bool told;
	bool breaks;
	struct con_tx tx;
	struct con_rx rx;
	struct tasklet_struct tasklet;
	struct winsize size;
	struct console console;
};

/**
 * struct con_dev - a device
 * @proxy: the port
 * @listener: its events
 * @nlines: lines
 * @lines: the lines
 */
struct con_dev {
	struct vbus_proxy *proxy;
	struct vbus_listener listener;
	u32 nlines;
	struct con_line *lines[VBUS_CONSOLE_MAX_LINES];
};

/* con_line_live - may the queues be used? What a true answer depends on is visible, too */
static inline bool con_line_live(struct con_line *line)
{
	/* Pairs with the release in line_start(). */
	return smp_load_acquire(&line->live) && !READ_ONCE(line->broken);
}

/* -main.c */
void con_broken(struct con_line *line);		/* any context; prints nothing */

/* -tx.c: tx.lock held, line live */
void con_tx_reclaim(struct con_line *line);
u32 con_tx_room(struct con_line *line);
u32 con_tx_send(struct con_line *line, const u8 *buf, u32 n);
bool con_tx_break(struct con_line *line);
void con_tx_wait(struct con_line *line);
/* process context, line not live */
int con_tx_start(struct con_line *line);
void con_tx_stop(struct con_line *line);

/* -rx.c */
void con_rx_run(struct con_line *line);		/* tasklet */
void con_rx_init(struct con_line *line);
int con_rx_start(struct con_line *line);	/* process context, line not live */
void con_rx_stop(struct con_line *line);

/* -tty.c */
struct con_line *con_line_alloc(struct vbus_proxy *p, u32 index);
int con_tty_add(struct con_line *line);
void con_tty_remove(struct con_line *line);
void con_tty_resize(struct con_line *line, u16 rows, u16 cols);
struct tty_driver *con_tty_driver(void);
int con_tty_init(void);
void con_tty_exit(void);

/* -con.c */
extern const struct attribute_group *con_groups[];
void con_console_add(struct con_line *line);
void con_console_remove(struct con_line *line);

#endif /* _VBUS_CONSOLE_H */

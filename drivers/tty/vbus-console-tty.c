// SPDX-License-Identifier: GPL-2.0
/*
 * The ttys of the driver, /dev/ttyVC<n>.
 */
#include <linux/idr.h>
#include <linux/slab.h>

#include "vbus-console.h"

#define CON_MINORS	64

/* With less, a writer may wait for more. */
#define CON_ROOM_LEAST	8

static struct tty_driver *con_driver;
static DEFINE_IDR(con_minors);
static DEFINE_MUTEX(con_minors_lock);

struct tty_driver *con_tty_driver(void)
{
	return con_driver;
}

/* ---- operations -------------------------------------------------------------------------- */

static int con_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct con_line *line;
	int err;

	mutex_lock(&con_minors_lock);
	line = idr_find(&con_minors, tty->index);
	if (line)
		tty_port_get(&line->port);
	mutex_unlock(&con_minors_lock);
	if (!line)
		return -ENODEV;
	tty->driver_data = line;
	tty->winsize = line->size;
	err = tty_port_install(&line->port, driver, tty);
	if (err)
		tty_port_put(&line->port);
	return err;
}

static void con_cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

static int con_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(tty->port, tty, file);
}

static void con_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void con_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

static tty_ssize_t con_write(struct tty_struct *tty, const u8 *buf, tty_size_t count)
{
	struct con_line *line = tty->driver_data;
	struct vbus_queue *q = NULL;
	tty_ssize_t n = -EIO;
	unsigned long flags;

	if (tty->flow.stopped)
		return 0;
	/* line_stop() waits for readers before the queue goes. */
	rcu_read_lock();
	spin_lock_irqsave(&line->tx.lock, flags);
	if (con_line_live(line)) {
		n = con_tx_send(line, buf, count);
		if (vbus_prod_kick(&line->tx.q->req))
			q = line->tx.q;
		if (n < count)
			con_tx_wait(line);
	}
	spin_unlock_irqrestore(&line->tx.lock, flags);
	/* With interrupts on: a device on this machine then goes to work at once. */
	if (q)
		vbus_queue_ring(q);
	rcu_read_unlock();
	return n;
}

/*
 * Whoever finds no room, or asks what is on its way, is about to wait. A line end takes room for
 * two bytes, a tab for eight.
 */
static unsigned int con_write_room(struct tty_struct *tty)
{
	struct con_line *line = tty->driver_data;
	unsigned int room = 0;
	unsigned long flags;

	if (tty->flow.stopped)
		return 0;
	spin_lock_irqsave(&line->tx.lock, flags);
	if (con_line_live(line)) {
		con_tx_reclaim(line);
		room = con_tx_room(line);
		if (room < CON_ROOM_LEAST) {
			con_tx_wait(line);
			room = con_tx_room(line);
		}
	}
	spin_unlock_irqrestore(&line->tx.lock, flags);
	return room;
}

static unsigned int con_chars_in_buffer(struct tty_struct *tty)
{
	struct con_line *line = tty->driver_data;
	unsigned int chars = 0;
	unsigned long flags;

	spin_lock_irqsave(&line->tx.lock, flags);
	if (con_line_live(line)) {
		con_tx_wait(line);
		chars = line->tx.head - line->tx.tail;
	}
	spin_unlock_irqrestore(&line->tx.lock, flags);
	return chars;
}

static void con_unthrottle(struct tty_struct *tty)
{
	struct con_line *line = tty->driver_data;

	tasklet_schedule(&line->tasklet);
}

static int con_break_ctl(struct tty_struct *tty, int state)
{
	struct con_line *line = tty->driver_data;
	unsigned long flags;
	int err = 0;

	if (!state || !line->breaks)
		return 0;
	spin_lock_irqsave(&line->tx.lock, flags);
	if (con_line_live(line) && !con_tx_break(line))
		err = -EAGAIN;
	spin_unlock_irqrestore(&line->tx.lock, flags);
	return err;
}

/* There are no wires: any speed and format will do. */
static void con_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
}

static int con_tiocmget(struct tty_struct *tty)
{
	struct con_line *line = tty->driver_data;
	int state = TIOCM_DTR | TIOCM_RTS;

	if (con_line_live(line))
		state |= TIOCM_CAR | TIOCM_DSR | TIOCM_CTS;
	return state;
}

static int con_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	return 0;
}

static const struct tty_operations con_tty_ops = {
	.install = con_install,
	.cleanup = con_cleanup,
	.open = con_open,
	.close = con_close,
	.hangup = con_hangup,
	.write = con_write,
	.write_room = con_write_room,
	.chars_in_buffer = con_chars_in_buffer,
	.unthrottle = con_unthrottle,
	.break_ctl = con_break_ctl,
	.set_termios = con_set_termios,
	.tiocmget = con_tiocmget,
	.tiocmset = con_tiocmset,
};

/* ---- making and ending ------------------------------------------------------------------- */

/* The device misbehaves: as good as a line that was cut. */
static void line_give_up(struct con_line *line)
{
	if (line->told)
		return;
	line->told = true;
	dev_err_ratelimited(&line->proxy->dev, "line %u: device misbehaves; not used any more\n",
			    line->index);
	tty_port_tty_hangup(&line->port, false);
}

static void line_tasklet(struct tasklet_struct *t)
{
	struct con_line *line = from_tasklet(line, t, tasklet);
	unsigned long flags;
	bool live;

	/* First what somebody may wait for at a keyboard. */
	if (con_line_live(line))
		con_rx_run(line);
	spin_lock_irqsave(&line->tx.lock, flags);
	live = con_line_live(line);
	if (live)
		con_tx_reclaim(line);
	spin_unlock_irqrestore(&line->tx.lock, flags);
	if (READ_ONCE(line->broken))
		line_give_up(line);
	if (live)
		tty_port_tty_wakeup(&line->port);
}

static void line_destruct(struct tty_port *port)
{
	struct con_line *line = container_of(port, struct con_line, port);

	/* Only now may another tty get the number. */
	if (line->minor >= 0) {
		mutex_lock(&con_minors_lock);
		idr_remove(&con_minors, line->minor);
		mutex_unlock(&con_minors_lock);
	}
	kfree(line);
}

static const struct tty_port_operations line_port_ops = {
	.destruct = line_destruct,
};

/* con_line_alloc - ends by tty_port_put() */
struct con_line *con_line_alloc(struct vbus_proxy *p, u32 index)
{
	struct con_line *line = kzalloc(sizeof(*line), GFP_KERNEL);

	if (!line)
		return NULL;
	line->proxy = p;
	line->index = index;
	line->minor = -1;
	spin_lock_init(&line->tx.lock);
	con_rx_init(line);
	tasklet_setup(&line->tasklet, line_tasklet);
	tty_port_init(&line->port);
	line->port.ops = &line_port_ops;
	tty_buffer_set_limit(&line->port, 2 * CON_TX_BYTES);
	return line;
}

/* con_tty_add - give it a number and a tty. Return: 0 or errno; con_tty_remove() undoes it */
int con_tty_add(struct con_line *line)
{
	struct device *dev;
	int minor;

	mutex_lock(&con_minors_lock);
	minor = idr_alloc(&con_minors, line, 0, CON_MINORS, GFP_KERNEL);
	mutex_unlock(&con_minors_lock);
	if (minor < 0)
		return minor;
	line->minor = minor;
	dev = tty_port_register_device_attr(&line->port, con_driver, minor, &line->proxy->dev,
					    line, con_groups);
	return PTR_ERR_OR_ZERO(dev);
}

/* con_tty_remove - whoever has it open is hung up */
void con_tty_remove(struct con_line *line)
{
	/* No more opens; the number stays taken. */
	mutex_lock(&con_minors_lock);
	idr_replace(&con_minors, NULL, line->minor);
	mutex_unlock(&con_minors_lock);
	tty_port_tty_hangup(&line->port, false);
	tty_unregister_device(con_driver, line->minor);
}

/* con_tty_resize - the window of the device side's tty has this size */
void con_tty_resize(struct con_line *line, u16 rows, u16 cols)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };
	struct tty_struct *tty = tty_port_tty_get(&line->port);

	line->size = size;
	if (tty)
		tty_do_resize(tty, &size);
	tty_kref_put(tty);
}

int con_tty_init(void)
{
	struct tty_driver *d;
	int err;

	d = tty_alloc_driver(CON_MINORS, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV |
			     TTY_DRIVER_HARDWARE_BREAK);
	if (IS_ERR(d))
		return PTR_ERR(d);
	d->driver_name = KBUILD_MODNAME;
	d->name = "ttyVC";
	d->type = TTY_DRIVER_TYPE_SERIAL;
	d->subtype = SERIAL_TYPE_NORMAL;
	d->init_termios = tty_std_termios;
	d->init_termios.c_cflag = B115200 | CS8 | CREAD | HUPCL;
	d->init_termios.c_ispeed = 115200;
	d->init_termios.c_ospeed = 115200;
	tty_set_operations(d, &con_tty_ops);
	err = tty_register_driver(d);
	if (err) {
		tty_driver_kref_put(d);
		return err;
	}
	con_driver = d;
	return 0;
}

void con_tty_exit(void)
{
	tty_unregister_driver(con_driver);
	tty_driver_kref_put(con_driver);
	idr_destroy(&con_minors);
}

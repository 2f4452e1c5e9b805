// SPDX-License-Identifier: GPL-2.0
/*
 * The ttys of this machine, /dev/ttyVB<n>.
 *
 * Carrier is a driver that is attached. A tty whose carrier goes is hung up unless it is CLOCAL;
 * open never waits for a carrier. What is written without one is lost, as on a line that is not
 * plugged in.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "console.h"

#define VCON_MINORS	256

static struct tty_driver *vcon_driver;
static DEFINE_IDR(vcon_minors);
static DEFINE_MUTEX(vcon_minors_lock);

static struct vcon_tty *port_to_vt(struct tty_port *port)
{
	return container_of(port, struct vcon_tty, port);
}

/* ---- the write buffer, for the poll ------------------------------------------------------ */

/* vcon_tty_pending - is there something to send? */
bool vcon_tty_pending(struct vcon_tty *vt)
{
	return READ_ONCE(vt->brk) || !kfifo_is_empty(&vt->port.xmit_fifo);
}

/* vcon_tty_peek - copy up to @max bytes; *@brk: a break comes before them */
unsigned int vcon_tty_peek(struct vcon_tty *vt, u8 *buf, unsigned int max, bool *brk)
{
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&vt->port.lock, flags);
	*brk = vt->brk && !vt->brk_at;
	if (vt->brk && vt->brk_at)
		max = min(max, vt->brk_at);
	n = kfifo_out_peek(&vt->port.xmit_fifo, buf, max);
	vt->flushed = false;
	spin_unlock_irqrestore(&vt->port.lock, flags);
	return n;
}

/* vcon_tty_skip - @n bytes that vcon_tty_peek() has shown were sent */
void vcon_tty_skip(struct vcon_tty *vt, unsigned int n, bool brk)
{
	unsigned long flags;

	spin_lock_irqsave(&vt->port.lock, flags);
	if (!vt->flushed) {
		kfifo_skip_count(&vt->port.xmit_fifo, n);
		if (brk)
			vt->brk = false;
		else
			vt->brk_at -= min(n, vt->brk_at);
	}
	spin_unlock_irqrestore(&vt->port.lock, flags);
}

static void tty_discard(struct vcon_tty *vt)
{
	unsigned long flags;

	spin_lock_irqsave(&vt->port.lock, flags);
	kfifo_reset(&vt->port.xmit_fifo);
	vt->brk = false;
	vt->flushed = true;
	spin_unlock_irqrestore(&vt->port.lock, flags);
	tty_port_tty_wakeup(&vt->port);
}

/* vcon_tty_carrier_lost - the driver has gone */
void vcon_tty_carrier_lost(struct vcon_tty *vt)
{
	tty_discard(vt);
	tty_port_tty_hangup(&vt->port, true);
}

/* ---- operations -------------------------------------------------------------------------- */

static bool tty_has_carrier(struct vcon_tty *vt)
{
	struct vcon_line *line;
	bool carrier;

	rcu_read_lock();
	line = rcu_dereference(vt->line);
	carrier = line && READ_ONCE(line->attached);
	rcu_read_unlock();
	return carrier;
}

static void tty_schedule(struct vcon_tty *vt, bool rx)
{
	struct vcon_line *line;

	rcu_read_lock();
	line = rcu_dereference(vt->line);
	if (line)
		vbus_poll_schedule(rx ? &line->rx.poll : &line->tx.poll);
	rcu_read_unlock();
}

static int vcon_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct vcon_tty *vt;
	int err;

	mutex_lock(&vcon_minors_lock);
	vt = idr_find(&vcon_minors, tty->index);
	if (vt)
		tty_port_get(&vt->port);
	mutex_unlock(&vcon_minors_lock);
	if (!vt)
		return -ENODEV;
	tty->driver_data = vt;
	err = tty_port_install(&vt->port, driver, tty);
	if (err)
		tty_port_put(&vt->port);
	return err;
}

static void vcon_cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

static int vcon_open(struct tty_struct *tty, struct file *file)
{
	return tty_port_open(tty->port, tty, file);
}

static void vcon_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void vcon_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

static tty_ssize_t vcon_write(struct tty_struct *tty, const u8 *buf, tty_size_t count)
{
	struct vcon_tty *vt = tty->driver_data;
	unsigned int n;

	if (tty->flow.stopped)
		return 0;
	if (!tty_has_carrier(vt))
		return count;
	n = kfifo_in_locked(&vt->port.xmit_fifo, buf, count, &vt->port.lock);
	tty_schedule(vt, false);
	return n;
}

static unsigned int vcon_write_room(struct tty_struct *tty)
{
	struct vcon_tty *vt = tty->driver_data;

	if (tty->flow.stopped)
		return 0;
	return tty_has_carrier(vt) ? kfifo_avail(&vt->port.xmit_fifo) : PAGE_SIZE;
}

static unsigned int vcon_chars_in_buffer(struct tty_struct *tty)
{
	struct vcon_tty *vt = tty->driver_data;

	return kfifo_len(&vt->port.xmit_fifo);
}

static void vcon_flush_buffer(struct tty_struct *tty)
{
	tty_discard(tty->driver_data);
}

static void vcon_unthrottle(struct tty_struct *tty)
{
	tty_schedule(tty->driver_data, true);
}

/* Any number of breaks that wait are one. */
static int vcon_break_ctl(struct tty_struct *tty, int state)
{
	struct vcon_tty *vt = tty->driver_data;
	unsigned long flags;

	if (!state || !tty_has_carrier(vt))
		return 0;
	spin_lock_irqsave(&vt->port.lock, flags);
	vt->brk = true;
	vt->brk_at = kfifo_len(&vt->port.xmit_fifo);
	spin_unlock_irqrestore(&vt->port.lock, flags);
	tty_schedule(vt, false);
	return 0;
}

static int vcon_resize(struct tty_struct *tty, struct winsize *ws)
{
	struct vcon_tty *vt = tty->driver_data;
	struct vcon_line *line;
	int err = tty_do_resize(tty, ws);

	if (err)
		return err;
	rcu_read_lock();
	line = rcu_dereference(vt->line);
	if (line)
		vcon_line_resize(line, ws->ws_row, ws->ws_col);
	rcu_read_unlock();
	return 0;
}

/* There are no wires: any speed and format will do. */
static void vcon_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
}

static int vcon_tiocmget(struct tty_struct *tty)
{
	int state = TIOCM_DTR | TIOCM_RTS;

	if (tty_has_carrier(tty->driver_data))
		state |= TIOCM_CAR | TIOCM_DSR | TIOCM_CTS;
	return state;
}

static int vcon_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	return 0;
}

static const struct tty_operations vcon_tty_ops = {
	.install = vcon_install,
	.cleanup = vcon_cleanup,
	.open = vcon_open,
	.close = vcon_close,
	.hangup = vcon_hangup,
	.write = vcon_write,
	.write_room = vcon_write_room,
	.chars_in_buffer = vcon_chars_in_buffer,
	.flush_buffer = vcon_flush_buffer,
	.unthrottle = vcon_unthrottle,
	.break_ctl = vcon_break_ctl,
	.resize = vcon_resize,
	.set_termios = vcon_set_termios,
	.tiocmget = vcon_tiocmget,
	.tiocmset = vcon_tiocmset,
};

/* ---- the port ---------------------------------------------------------------------------- */

/* First open: what was kept can be read. */
static int vcon_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct vcon_tty *vt = port_to_vt(port);

	WRITE_ONCE(vt->open, true);
	tty_schedule(vt, true);
	return 0;
}

/* Last close, or hung up. */
static void vcon_shutdown(struct tty_port *port)
{
	struct vcon_tty *vt = port_to_vt(port);
	struct vcon_line *line;

	WRITE_ONCE(vt->open, false);
	rcu_read_lock();
	line = rcu_dereference(vt->line);
	if (line) {
		vbus_poll_schedule(&line->rx.poll);
		if (READ_ONCE(line->vcon->hangup))
			vcon_line_tell(line, VCON_CELL_HANGUP, VBUS_PEV_HANGUP);
	}
	rcu_read_unlock();
}

static void vcon_destruct(struct tty_port *port)
{
	struct vcon_tty *vt = port_to_vt(port);

	/* Only now may another tty get the number. */
	mutex_lock(&vcon_minors_lock);
	idr_remove(&vcon_minors, vt->minor);
	mutex_unlock(&vcon_minors_lock);
	/* The port's transmit buffer went before this was called. */
	kfree(vt);
}

static const struct tty_port_operations vcon_tty_port_ops = {
	.activate = vcon_activate,
	.shutdown = vcon_shutdown,
	.destruct = vcon_destruct,
};

/* ---- making and ending ------------------------------------------------------------------- */

static ssize_t vbus_name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vcon_tty *vt = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s\n", vt->name);
}
static DEVICE_ATTR_RO(vbus_name);

static struct attribute *vcon_tty_attrs[] = { &dev_attr_vbus_name.attr, NULL };
ATTRIBUTE_GROUPS(vcon_tty);

static struct vcon_tty *tty_alloc(struct vcon_line *line)
{
	struct vcon_tty *vt = kzalloc(sizeof(*vt), GFP_KERNEL);
	const char *dev = vbus_device_name(&line->vcon->vdev);

	if (!vt)
		return NULL;
	tty_port_init(&vt->port);
	vt->port.ops = &vcon_tty_port_ops;
	tty_buffer_set_limit(&vt->port, VCON_TTY_BYTES);
	if (line->index)
		snprintf(vt->name, sizeof(vt->name), "%s:%u", dev, line->index);
	else
		strscpy(vt->name, dev, sizeof(vt->name));
	RCU_INIT_POINTER(vt->line, line);
	return vt;
}

static int tty_number(struct vcon_tty *vt)
{
	int minor;

	if (tty_port_alloc_xmit_buf(&vt->port))
		return -ENOMEM;
	mutex_lock(&vcon_minors_lock);
	minor = idr_alloc(&vcon_minors, vt, 0, VCON_MINORS, GFP_KERNEL);
	mutex_unlock(&vcon_minors_lock);
	if (minor < 0)
		return minor;
	vt->minor = minor;
	return 0;
}

/**
 * vcon_tty_create() - make the tty of a line
 * @line: the line
 *
 * Return: the tty or ERR_PTR() of -ENOMEM, -ENOSPC (no number is free).
 */
struct vcon_tty *vcon_tty_create(struct vcon_line *line)
{
	struct vcon_tty *vt = tty_alloc(line);
	struct device *dev;
	int err;

	if (!vt)
		return ERR_PTR(-ENOMEM);
	err = tty_number(vt);
	if (err) {
		tty_port_free_xmit_buf(&vt->port);
		tty_port_destroy(&vt->port);
		kfree(vt);
		return ERR_PTR(err);
	}
	vcon_line_set_tty(line, vt);
	dev = tty_port_register_device_attr(&vt->port, vcon_driver, vt->minor, NULL, vt,
					    vcon_tty_groups);
	if (!IS_ERR(dev))
		return vt;
	vcon_line_set_tty(line, NULL);
	tty_port_put(&vt->port);
	return ERR_CAST(dev);
}

/* vcon_tty_remove - undo it; whoever has it open is hung up */
void vcon_tty_remove(struct vcon_tty *vt)
{
	struct vcon_line *line = rcu_dereference_protected(vt->line, true);

	/* No more opens; the number stays taken. */
	mutex_lock(&vcon_minors_lock);
	idr_replace(&vcon_minors, NULL, vt->minor);
	mutex_unlock(&vcon_minors_lock);
	RCU_INIT_POINTER(vt->line, NULL);
	vcon_line_set_tty(line, NULL);
	/* Operations that found the line are done with it. */
	synchronize_rcu_expedited();
	tty_discard(vt);
	tty_port_tty_hangup(&vt->port, false);
	tty_unregister_device(vcon_driver, vt->minor);
	tty_port_put(&vt->port);
}

int vcon_tty_init(void)
{
	struct tty_driver *d;
	int err;

	d = tty_alloc_driver(VCON_MINORS, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV |
			     TTY_DRIVER_HARDWARE_BREAK);
	if (IS_ERR(d))
		return PTR_ERR(d);
	d->driver_name = KBUILD_MODNAME;
	d->name = "ttyVB";
	d->type = TTY_DRIVER_TYPE_SERIAL;
	d->subtype = SERIAL_TYPE_NORMAL;
	/* Raw: the terminal is at the other end, and nothing of it shall be sent back to it. */
	d->init_termios = tty_std_termios;
	d->init_termios.c_iflag = 0;
	d->init_termios.c_oflag = 0;
	d->init_termios.c_lflag = 0;
	d->init_termios.c_cflag = B115200 | CS8 | CREAD | HUPCL;
	d->init_termios.c_ispeed = 115200;
	d->init_termios.c_ospeed = 115200;
	tty_set_operations(d, &vcon_tty_ops);
	err = tty_register_driver(d);
	if (err) {
		tty_driver_kref_put(d);
		return err;
	}
	vcon_driver = d;
	return 0;
}

void vcon_tty_exit(void)
{
	tty_unregister_driver(vcon_driver);
	tty_driver_kref_put(vcon_driver);
	idr_destroy(&vcon_minors);
}

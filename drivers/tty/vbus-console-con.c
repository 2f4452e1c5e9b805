// SPDX-License-Identifier: GPL-2.0
/*
 * A line as the system's console: console=ttyVC<n>, or "Y" written to the tty's "console" file.
 *
 * The module is usually loaded long after the kernel has started. The console is sent what the log
 * has, so nothing of the start is lost. A device that does not take its bytes costs one short wait;
 * after it, messages are dropped and counted until it does.
 */
#include <linux/delay.h>
#include <linux/printk.h>

#include "vbus-console.h"

/* Longest wait for room, with irqs off: 2 ms, in steps of 10 us. */
#define CON_WAITS	200
#define CON_WAIT_US	10

/* Bytes of one slot. */
#define CON_PIECE	128

/* Serialises registering and unregistering by the administrator and by the bus. */
static DEFINE_MUTEX(con_lock);

/* tx.lock held. */
static void con_send(struct con_line *line, const u8 *buf, u32 n)
{
	struct con_tx *tx = &line->tx;
	u32 sent = con_tx_send(line, buf, n);
	int i;

	vbus_queue_kick(tx->q);
	for (i = 0; sent < n && i < CON_WAITS && !tx->stuck && !line->broken; i++) {
		udelay(CON_WAIT_US);
		sent += con_tx_send(line, buf + sent, n - sent);
		vbus_queue_kick(tx->q);
	}
	if (sent < n) {
		tx->stuck = true;
		tx->dropped += n - sent;
	}
}

/* A terminal wants a carriage return before each line feed. tx.lock held. */
static void con_send_text(struct con_line *line, const char *s, unsigned int count)
{
	u8 piece[CON_PIECE];
	u32 n = 0;

	while (count--) {
		if (*s == '\n')
			piece[n++] = '\r';
		piece[n++] = *s++;
		if (n >= sizeof(piece) - 1 || !count) {
			con_send(line, piece, n);
			n = 0;
		}
	}
}

static void con_write(struct console *console, const char *s, unsigned int count)
{
	struct con_line *line = console->data;
	struct con_tx *tx = &line->tx;
	unsigned long flags;

	/* Whoever crashed may have held the lock. */
	if (!oops_in_progress)
		spin_lock_irqsave(&tx->lock, flags);
	else if (!spin_trylock_irqsave(&tx->lock, flags))
		return;
	if (con_line_live(line))
		con_send_text(line, s, count);
	spin_unlock_irqrestore(&tx->lock, flags);
}

static struct tty_driver *con_device(struct console *console, int *index)
{
	*index = console->index;
	return con_tty_driver();
}

static bool con_is_on(const struct con_line *line)
{
	return line->console.flags & CON_ENABLED;
}

static void con_register(struct con_line *line, short flags)
{
	struct console *con = &line->console;

	lockdep_assert_held(&con_lock);
	memset(con, 0, sizeof(*con));
	strscpy(con->name, "ttyVC", sizeof(con->name));
	con->index = line->minor;
	con->write = con_write;
	con->device = con_device;
	con->flags = CON_PRINTBUFFER | flags;
	con->data = line;
	register_console(con);
}

/* con_console_add - let it be the console if it was asked for when the kernel was started */
void con_console_add(struct con_line *line)
{
	mutex_lock(&con_lock);
	con_register(line, 0);
	mutex_unlock(&con_lock);
}

/* con_console_remove - on return it is not written to any more */
void con_console_remove(struct con_line *line)
{
	mutex_lock(&con_lock);
	if (con_is_on(line))
		unregister_console(&line->console);
	mutex_unlock(&con_lock);
}

static ssize_t console_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%c\n", con_is_on(dev_get_drvdata(dev)) ? 'Y' : 'N');
}

static ssize_t console_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	struct con_line *line = dev_get_drvdata(dev);
	bool on;
	int err = kstrtobool(buf, &on);

	if (err)
		return err;
	mutex_lock(&con_lock);
	if (on && !con_is_on(line))
		con_register(line, CON_ENABLED);
	else if (!on && con_is_on(line))
		err = unregister_console(&line->console);
	mutex_unlock(&con_lock);
	return err ?: count;
}
static DEVICE_ATTR_RW(console);

static ssize_t console_dropped_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct con_line *line = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(line->tx.dropped));
}
static DEVICE_ATTR_RO(console_dropped);

static ssize_t rx_dropped_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct con_line *line = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(line->rx.dropped));
}
static DEVICE_ATTR_RO(rx_dropped);

static struct attribute *con_attrs[] = {
	&dev_attr_console.attr,
	&dev_attr_console_dropped.attr,
	&dev_attr_rx_dropped.attr,
	NULL
};

static const struct attribute_group con_group = {
	.attrs = con_attrs,
};

const struct attribute_group *con_groups[] = { &con_group, NULL };

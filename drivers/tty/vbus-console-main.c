// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-console: tty and console driver for ports of type "virtual-console".
 *
 * The port's life: open it, ask for its lines, set up their queues, make ttys and consoles of them,
 * listen to events. The device's answers and events are checked like everything that comes from the
 * other side.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "vbus-console.h"

/*
 * A queue cannot go on. This may be found under tx.lock, where printing would come back to us; so
 * it is left to the tasklet.
 */
void con_broken(struct con_line *line)
{
	WRITE_ONCE(line->broken, true);
	tasklet_schedule(&line->tasklet);
}

/* ---- lines ------------------------------------------------------------------------------- */

static int line_start(struct con_line *line)
{
	int err;

	line->broken = false;
	line->told = false;
	line->breaks = line->proxy->features & VBUS_CONSOLE_F_BREAK;
	err = con_tx_start(line);
	if (err)
		return err;
	err = con_rx_start(line);
	if (err) {
		con_tx_stop(line);
		return err;
	}
	line->started = true;
	/* Release: who finds it live finds the queues. */
	smp_store_release(&line->live, true);
	/* What the device did up to here rang nobody. */
	tasklet_schedule(&line->tasklet);
	return 0;
}

static void line_stop(struct con_line *line)
{
	unsigned long flags;

	/* After a suspend, and a resume that failed, there is nothing to stop. */
	if (!line->started)
		return;
	line->started = false;
	spin_lock_irqsave(&line->tx.lock, flags);
	line->live = false;
	spin_unlock_irqrestore(&line->tx.lock, flags);
	/* For con_write(), which rings without the lock. */
	synchronize_rcu_expedited();
	tasklet_kill(&line->tasklet);
	con_rx_stop(line);
	con_tx_stop(line);
	/* An interrupt may have scheduled it once more, to find that the line is not live. */
	tasklet_kill(&line->tasklet);
}

static void line_remove(struct con_line *line)
{
	con_console_remove(line);
	con_tty_remove(line);
	line_stop(line);
	tty_port_put(&line->port);
}

static struct con_line *line_add(struct con_dev *con, u32 index)
{
	struct con_line *line = con_line_alloc(con->proxy, index);
	int err;

	if (!line)
		return ERR_PTR(-ENOMEM);
	err = line_start(line);
	if (err)
		goto err_put;
	err = con_tty_add(line);
	if (err)
		goto err_stop;
	return line;

err_stop:
	line_stop(line);
err_put:
	tty_port_put(&line->port);
	return ERR_PTR(err);
}

static void lines_remove(struct con_dev *con, u32 n)
{
	while (n)
		line_remove(con->lines[--n]);
}

static int lines_add(struct con_dev *con)
{
	struct con_line *line;
	u32 i;

	for (i = 0; i < con->nlines; i++) {
		line = line_add(con, i);
		if (IS_ERR(line)) {
			lines_remove(con, i);
			return PTR_ERR(line);
		}
		con->lines[i] = line;
	}
	return 0;
}

/* ---- information and events -------------------------------------------------------------- */

static int con_get_lines(struct vbus_proxy *p, u32 *lines)
{
	struct vbus_console_info info;
	int ret = vbus_call(p, VBUS_CONSOLE_CALL_INFO, NULL, 0, &info, sizeof(info));

	if (ret < 0)
		return ret;
	*lines = ret < sizeof(info) ? 0 : le32_to_cpu(info.lines);
	if (*lines && *lines <= VBUS_CONSOLE_MAX_LINES)
		return 0;
	dev_err_ratelimited(&p->dev, "device describes itself wrongly (%d bytes, %u lines)\n", ret,
			    *lines);
	return -EPROTO;
}

static void con_refresh_size(struct con_dev *con, struct con_line *line)
{
	__le32 index = cpu_to_le32(line->index);
	struct vbus_console_line reply;
	int ret;

	if (!(con->proxy->features & VBUS_CONSOLE_F_SIZE))
		return;
	ret = vbus_call(con->proxy, VBUS_CONSOLE_CALL_LINE, &index, sizeof(index), &reply,
			sizeof(reply));
	if (ret >= (int)sizeof(reply))
		con_tty_resize(line, le16_to_cpu(reply.rows), le16_to_cpu(reply.cols));
	else if (ret != -ENODEV)
		dev_notice_ratelimited(&con->proxy->dev, "line %u: no window size: %pe\n",
				       line->index, ERR_PTR(ret < 0 ? ret : -EPROTO));
}

static void con_event(struct vbus_listener *l, u32 event, u32 arg)
{
	struct con_dev *con = container_of(l, struct con_dev, listener);
	struct con_line *line;

	if (arg >= con->nlines)
		return;
	line = con->lines[arg];
	switch (event) {
	case VBUS_PEV_RESIZE:
		con_refresh_size(con, line);
		break;
	case VBUS_PEV_LINK_DOWN:
	case VBUS_PEV_HANGUP:
		tty_port_tty_hangup(&line->port, true);
		break;
	}
}

static int con_listen(struct con_dev *con)
{
	u32 i;
	int err;

	err = vbus_listener_start(&con->listener, con->proxy, VBUS_CONSOLE_Q_EVENT);
	for (i = 0; !err && i < con->nlines; i++)
		con_refresh_size(con, con->lines[i]);
	return err;
}

/* ---- the port ---------------------------------------------------------------------------- */

static int con_open(struct vbus_proxy *p, u32 *lines)
{
	int err = vbus_open(p, VBUS_CONSOLE_VERSION, VBUS_CONSOLE_F_ALL);

	if (err)
		return err;
	err = con_get_lines(p, lines);
	if (err)
		vbus_close(p);
	return err;
}

static int con_probe(struct vbus_proxy *p)
{
	struct con_dev *con = kzalloc(sizeof(*con), GFP_KERNEL);
	u32 i;
	int err;

	if (!con)
		return -ENOMEM;
	con->proxy = p;
	con->listener.event = con_event;
	err = con_open(p, &con->nlines);
	if (err)
		goto err_free;
	err = lines_add(con);
	if (err)
		goto err_close;
	err = con_listen(con);
	if (err)
		goto err_lines;
	vbus_set_drvdata(p, con);
	for (i = 0; i < con->nlines; i++)
		con_console_add(con->lines[i]);
	return 0;

err_lines:
	lines_remove(con, con->nlines);
err_close:
	vbus_close(p);
err_free:
	kfree(con);
	return err;
}

static void con_remove(struct vbus_proxy *p)
{
	struct con_dev *con = vbus_get_drvdata(p);

	vbus_listener_stop(&con->listener);
	lines_remove(con, con->nlines);
	vbus_close(p);
	kfree(con);
}

/* The device must touch no memory from here on; ttys and consoles stay, and are silent. */
static void con_quiet(struct con_dev *con)
{
	u32 i;

	vbus_listener_stop(&con->listener);
	for (i = 0; i < con->nlines; i++)
		line_stop(con->lines[i]);
	vbus_close(con->proxy);
}

static void con_shutdown(struct vbus_proxy *p)
{
	struct con_dev *con = vbus_get_drvdata(p);

	if (con)
		con_quiet(con);
}

static int con_suspend(struct device *dev)
{
	con_quiet(vbus_get_drvdata(to_vbus_proxy(dev)));
	return 0;
}

static int con_revive(struct con_dev *con)
{
	u32 i;
	int err = 0;

	for (i = 0; i < con->nlines; i++) {
		err = line_start(con->lines[i]);
		if (err)
			break;
	}
	if (!err)
		err = con_listen(con);
	while (err && i)
		line_stop(con->lines[--i]);
	return err;
}

static int con_resume(struct device *dev)
{
	struct vbus_proxy *p = to_vbus_proxy(dev);
	struct con_dev *con = vbus_get_drvdata(p);
	u32 lines;
	int err;

	err = con_open(p, &lines);
	if (err)
		return err;
	err = lines == con->nlines ? con_revive(con) : -EPROTO;
	if (err)
		vbus_close(p);
	return err;
}

static DEFINE_SIMPLE_DEV_PM_OPS(con_pm_ops, con_suspend, con_resume);

static const char * const con_types[] = { VBUS_CONSOLE_TYPE, NULL };

static struct vbus_driver con_driver = {
	.driver = {
		.name = "vbus-console",
		.pm = pm_sleep_ptr(&con_pm_ops),
	},
	.types = con_types,
	.probe = con_probe,
	.remove = con_remove,
	.shutdown = con_shutdown,
};

static int __init con_init(void)
{
	int err = con_tty_init();

	if (err)
		return err;
	err = vbus_driver_register(&con_driver);
	if (err)
		con_tty_exit();
	return err;
}

static void __exit con_exit(void)
{
	vbus_driver_unregister(&con_driver);
	con_tty_exit();
}

module_init(con_init);
module_exit(con_exit);

MODULE_ALIAS_VBUS(VBUS_CONSOLE_TYPE);
MODULE_DESCRIPTION("vbus tty and console driver");
MODULE_LICENSE("GPL");

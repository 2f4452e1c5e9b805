// SPDX-License-Identifier: GPL-2.0
/*
 * A device from creation to release.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "console.h"

static void free_lines(struct vcon *v, unsigned int from, unsigned int to)
{
	while (to > from) {
		vcon_line_free(v->lines[--to]);
		v->lines[to] = NULL;
	}
}

/**
 * vcon_set_lines() - change how many lines there are
 * @v: the device; cfg held
 * @n: 1..VBUS_CONSOLE_MAX_LINES
 *
 * Return: 0, -EBUSY (enabled, or in use by a driver), -ENOMEM.
 */
int vcon_set_lines(struct vcon *v, unsigned int n)
{
	unsigned int i, was = v->nlines;
	bool busy;

	lockdep_assert_held(&v->cfg);
	for (i = was; i < n; i++) {
		v->lines[i] = vcon_line_create(v, i);
		if (!v->lines[i]) {
			free_lines(v, was, i);
			return -ENOMEM;
		}
	}
	spin_lock_bh(&v->lock);
	busy = v->enabled || v->session;
	if (!busy)
		v->nlines = n;
	spin_unlock_bh(&v->lock);
	if (busy)
		free_lines(v, was, n);
	else
		free_lines(v, n, was);
	return busy ? -EBUSY : 0;
}

static void set_enabled(struct vcon *v, bool on)
{
	unsigned int i;

	spin_lock_bh(&v->lock);
	v->enabled = on;
	spin_unlock_bh(&v->lock);
	for (i = 0; i < v->nlines; i++)
		vcon_line_tell(v->lines[i], VCON_CELL_LINK,
			       on ? VBUS_PEV_LINK_UP : VBUS_PEV_LINK_DOWN);
}

static void remove_ttys(struct vcon *v, unsigned int n)
{
	while (n)
		vcon_tty_remove(v->lines[--n]->tty);
}

static int make_ttys(struct vcon *v)
{
	struct vcon_tty *vt;
	unsigned int i;

	for (i = 0; i < v->nlines; i++) {
		vt = vcon_tty_create(v->lines[i]);
		if (IS_ERR(vt)) {
			remove_ttys(v, i);
			return PTR_ERR(vt);
		}
	}
	return 0;
}

/* vcon_enable - carry out the admin's will; nothing happens if it is so already */
int vcon_enable(struct vcon *v, bool on)
{
	int err;

	lockdep_assert_held(&v->cfg);
	if (v->enabled == on)
		return 0;
	if (!on) {
		set_enabled(v, false);
		remove_ttys(v, v->nlines);
		return 0;
	}
	err = make_ttys(v);
	if (err) {
		pr_warn_ratelimited("%s: cannot make %u ttys: %pe\n", vbus_device_name(&v->vdev),
				    v->nlines, ERR_PTR(err));
		return err;
	}
	set_enabled(v, true);
	return 0;
}

static int port_setup(struct vcon *v)
{
	v->port.type = VBUS_CONSOLE_TYPE;
	v->port.version = VBUS_CONSOLE_VERSION;
	v->port.features = VBUS_CONSOLE_F_ALL;
	v->port.max_sessions = 1;
	v->port.ops = &vcon_port_ops;
	return vbus_port_init(&v->vdev, &v->port);
}

struct vbus_device *vcon_create(struct vbus_devclass *cls, const char *name)
{
	struct vcon *v = kzalloc(sizeof(*v), GFP_KERNEL);
	int err;

	if (!v)
		return ERR_PTR(-ENOMEM);
	mutex_init(&v->cfg);
	spin_lock_init(&v->lock);
	vbus_device_init(&v->vdev, cls);
	mutex_lock(&v->cfg);
	err = vcon_set_lines(v, 1);
	mutex_unlock(&v->cfg);
	if (!err)
		err = port_setup(v);
	if (err) {
		vbus_device_put(&v->vdev);
		return ERR_PTR(err);
	}
	return &v->vdev;
}

void vcon_destroy(struct vbus_device *vdev)
{
	struct vcon *v = to_vcon(vdev);

	mutex_lock(&v->cfg);
	vcon_enable(v, false);
	free_lines(v, 0, v->nlines);
	v->nlines = 0;
	mutex_unlock(&v->cfg);
}

/* Lines are left only if the device was never finished. */
void vcon_release(struct vbus_device *vdev)
{
	struct vcon *v = to_vcon(vdev);

	free_lines(v, 0, v->nlines);
	mutex_destroy(&v->cfg);
	kfree(v);
}

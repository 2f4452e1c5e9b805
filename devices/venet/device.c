// SPDX-License-Identifier: GPL-2.0
/*
 * A venet from creation to release, and enabling it.
 */
#include "venet.h"

static void port_setup(struct venet *v, unsigned int index)
{
	struct venet_port *p = &v->ports[index];
	unsigned int i;

	p->venet = v;
	p->index = index;
	p->port.type = VBUS_ENET_TYPE;
	p->port.version = VBUS_ENET_VERSION;
	p->port.features = VBUS_ENET_F_ALL;
	p->port.max_sessions = 1;
	p->port.ops = &venet_port_ops;
	for (i = 0; i < VBUS_ENET_MAX_PAIRS; i++) {
		u64_stats_init(&p->rx[i].syncp);
		u64_stats_init(&p->tx[i].syncp);
	}
}

/**
 * venet_create() - make a device; what a class's create calls
 * @cls: the class
 * @name: of the device
 * @be: the backend
 * @nports: 1..VENET_MAX_PORTS
 *
 * Context: process. Return: the device or ERR_PTR().
 */
struct vbus_device *venet_create(struct vbus_devclass *cls, const char *name,
				 const struct venet_backend *be, unsigned int nports)
{
	struct venet *v;
	unsigned int i;
	int rc;

	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return ERR_PTR(-ENOMEM);
	vbus_device_init(&v->vdev, cls);
	v->be = be;
	mutex_init(&v->cfg);
	spin_lock_init(&v->lock);
	v->mtu = ETH_DATA_LEN;
	v->queues = 1;
	v->features = VBUS_ENET_F_ALL;
	v->nports = nports;
	venet_default_mac(name, "host", v->host_mac);
	venet_default_mac(name, "client", v->client_mac);

	for (i = 0; i < nports; i++) {
		port_setup(v, i);
		rc = vbus_port_init(&v->vdev, &v->ports[i].port);
		if (rc) {
			vbus_device_put(&v->vdev);
			return ERR_PTR(rc);
		}
	}
	return &v->vdev;
}
EXPORT_SYMBOL_GPL(venet_create);

/* venet_link - do the two ends see each other? */
bool venet_link(struct venet *v)
{
	unsigned int i;

	lockdep_assert_held(&v->lock);
	for (i = 0; i < v->nports; i++)
		if (!rcu_access_pointer(v->ports[i].path) || !v->be->link(v, i))
			return false;
	return true;
}

static void set_enabled(struct venet *v, bool on)
{
	spin_lock_bh(&v->lock);
	v->enabled = on;
	if (v->be->changed)
		v->be->changed(v);
	venet_events_push_all(v);
	spin_unlock_bh(&v->lock);
}

/* venet_enable - carry out the admin's will; nothing happens if it is so already */
int venet_enable(struct venet *v, bool on)
{
	int rc = 0;

	lockdep_assert_held(&v->cfg);
	if (v->enabled == on)
		return 0;
	if (!on) {
		set_enabled(v, false);
		if (v->be->disable)
			v->be->disable(v);
		return 0;
	}
	if (v->be->enable)
		rc = v->be->enable(v);
	if (!rc)
		set_enabled(v, true);
	return rc;
}

/* venet_destroy - a class's destroy */
void venet_destroy(struct vbus_device *vdev)
{
	struct venet *v = to_venet(vdev);

	mutex_lock(&v->cfg);
	venet_enable(v, false);
	mutex_unlock(&v->cfg);
}
EXPORT_SYMBOL_GPL(venet_destroy);

/* venet_release - a class's release */
void venet_release(struct vbus_device *vdev)
{
	struct venet *v = to_venet(vdev);

	mutex_destroy(&v->cfg);
	kfree(v);
}
EXPORT_SYMBOL_GPL(venet_release);

MODULE_DESCRIPTION("vbus virtual Ethernet, device side");
MODULE_LICENSE("GPL");

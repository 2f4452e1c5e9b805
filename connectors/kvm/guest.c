// SPDX-License-Identifier: GPL-2.0
/*
 * Guests: a function in use. From open to close it is a client of the function's bus.
 *
 * Order of the end: doorbells fall silent, the client leaves the bus, which ends its sessions and
 * so all use of the guest's memory; what is left pinned is unpinned; QEMU's eventfds are dropped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "kvm.h"

static void guest_free(struct vkvm_guest *g)
{
	vkvm_ports_free(g);
	vkvm_vectors_free(g);
	vkvm_events_clear(g);
	xa_destroy(&g->mem.blocks);
	kvfree(g->mbox);
	put_pid(g->pid);
	mutex_destroy(&g->lock);
	put_device(&g->fn->dev);
	kfree(g);
}

static void guest_release(struct vbus_client *client)
{
	guest_free(client_to_guest(client));
}

const struct vbus_client_ops vkvm_client_ops = {
	.event = vkvm_event_add,
	.raise = vkvm_raise,
	.release = guest_release,
};

/*
 * The guest has taken memory away that somebody has a pointer to. Queues in it have been stopped;
 * what else is in it can only be given up with the sessions.
 */
static void guest_reset_work(struct work_struct *work)
{
	struct vkvm_guest *g = container_of(work, struct vkvm_guest, reset_work);

	vbus_client_reset(&g->client);
	vbus_client_put(&g->client);
}

static struct vkvm_guest *guest_alloc(struct vkvm_fn *fn, struct vfio_device *vdev)
{
	struct vkvm_guest *g = kzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return NULL;
	get_device(&fn->dev);
	g->fn = fn;
	g->vdev = vdev;
	g->pid = get_pid(task_tgid(current));
	g->client.mem.ops = &vkvm_memctx_ops;
	mutex_init(&g->lock);
	vkvm_events_init(g);
	vkvm_mem_init(g);
	vkvm_config_reset(g);
	INIT_WORK(&g->reset_work, guest_reset_work);
	g->mbox = kvmalloc(sizeof(*g->mbox), GFP_KERNEL);
	if (g->mbox && !vkvm_vectors_init(g) && !vkvm_ports_init(g) &&
	    !vbus_client_init(&g->client, &vkvm_connector))
		return g;
	guest_free(g);
	return NULL;
}

/**
 * vkvm_guest_open() - make a client of a function's bus
 * @fn: the function
 * @vdev: its VFIO device
 *
 * Context: process; the current process will run the machine.
 * Return: the guest; vkvm_guest_close() ends it. Or ERR_PTR().
 */
struct vkvm_guest *vkvm_guest_open(struct vkvm_fn *fn, struct vfio_device *vdev)
{
	struct vkvm_guest *g = guest_alloc(fn, vdev);
	char name[VBUS_NAME_SIZE];
	int err;

	if (!g)
		return ERR_PTR(-ENOMEM);
	snprintf(name, sizeof(name), "kvm.%d", fn->nr);
	err = vbus_client_attach(&g->client, fn->bus, name);
	if (err)
		goto err_put;
	err = vkvm_guest_sysfs_add(g);
	if (err)
		goto err_detach;
	spin_lock(&fn->lock);
	fn->guest = g;
	spin_unlock(&fn->lock);
	return g;

err_detach:
	vbus_client_detach(&g->client);
err_put:
	vbus_client_put(&g->client);
	pr_warn_ratelimited("%s: cannot attach: %pe\n", dev_name(&fn->dev), ERR_PTR(err));
	return ERR_PTR(err);
}

/**
 * vkvm_guest_close() - the function was closed
 * @g: the guest
 *
 * On return the VFIO device is not used any more. Context: process; any thread.
 */
void vkvm_guest_close(struct vkvm_guest *g)
{
	struct vkvm_fn *fn = g->fn;

	mutex_lock(&g->lock);
	vkvm_ports_disable(g);
	mutex_unlock(&g->lock);
	vbus_client_detach(&g->client);
	/* Holds a reference only while it is queued, and finds nothing to reset. */
	if (cancel_work_sync(&g->reset_work))
		vbus_client_put(&g->client);
	vkvm_mem_close(g);
	vkvm_vectors_forget(g);
	spin_lock(&fn->lock);
	fn->guest = NULL;
	spin_unlock(&fn->lock);
	vbus_client_put(&g->client);
}

/**
 * vkvm_guest_reset() - what a reset of the machine does to everything but configuration space
 * @g: the guest, locked
 *
 * Context: process; waits for the end of what its sessions are doing, not for the guest.
 */
void vkvm_guest_reset(struct vkvm_guest *g)
{
	lockdep_assert_held(&g->lock);
	vkvm_ports_disable(g);
	vbus_client_reset(&g->client);
	vkvm_events_clear(g);
	vkvm_vectors_clear(g);
	g->mbox_ok = false;
}

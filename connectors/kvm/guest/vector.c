// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupt vectors, one per queue as long as they last.
 *
 * Each carries its first user's name in /proc/interrupts and can be steered like any other
 * interrupt. When there are more queues than vectors, queues share: an interrupt then calls all of
 * them, which costs time but does no harm, since an interrupt never implies work. With one vector
 * everything shares it.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "vbus-pci.h"

/* A vector costs memory even if nobody asks for it: their number goes with the machine's size. */
#define VECTORS_PER_CPU	16
#define VECTORS_USUAL	64

static unsigned int max_vectors = VBUS_PCI_VECTORS;
module_param(max_vectors, uint, 0444);
MODULE_PARM_DESC(max_vectors, "interrupt vectors of a function at most; 1: all queues share it");

/**
 * struct vpci_user - who wants to be called
 * @entry: in &vpci_vector.users
 * @fn: what to call
 * @arg: its argument, by which the user is known
 */
struct vpci_user {
	struct list_head entry;
	void (*fn)(void *arg);
	void *arg;
};

static irqreturn_t vector_interrupt(int irq, void *arg)
{
	struct vpci_vector *v = arg;
	struct vpci_user *user;
	unsigned long flags;

	spin_lock_irqsave(&v->lock, flags);
	list_for_each_entry(user, &v->users, entry)
		user->fn(user->arg);
	spin_unlock_irqrestore(&v->lock, flags);
	return IRQ_HANDLED;
}

static int vector_request(struct vpci *vp, unsigned int nr, const char *name)
{
	struct vpci_vector *v = &vp->vectors[nr];

	strscpy(v->name, name, sizeof(v->name));
	return request_irq(pci_irq_vector(vp->pdev, nr), vector_interrupt, 0, v->name, v);
}

/* Call @fn(@arg) on interrupts of vector @nr. Return: 0 or errno. */
int vpci_vector_add(struct vpci *vp, unsigned int nr, const char *name,
		    void (*fn)(void *arg), void *arg)
{
	struct vpci_vector *v = &vp->vectors[nr];
	struct vpci_user *user = kzalloc(sizeof(*user), GFP_KERNEL);
	int err = 0;

	if (!user)
		return -ENOMEM;
	user->fn = fn;
	user->arg = arg;
	mutex_lock(&vp->vector_lock);
	if (!v->nusers)
		err = vector_request(vp, nr, name);
	if (!err) {
		v->nusers++;
		spin_lock_irq(&v->lock);
		list_add_tail(&user->entry, &v->users);
		spin_unlock_irq(&v->lock);
	}
	mutex_unlock(&vp->vector_lock);
	if (err)
		kfree(user);
	return err;
}

/* The vector with the fewest users; that of events only if there is no other. */
static unsigned int vector_choose(struct vpci *vp)
{
	unsigned int i, best = vp->nvectors - 1;

	for (i = vp->nvectors; i-- > VBUS_PCI_VECTOR_EVENT + 1;) {
		if (READ_ONCE(vp->vectors[i].nusers) <= READ_ONCE(vp->vectors[best].nusers))
			best = i;
	}
	return best;
}

/* Two callers at a time may choose the same one; then they share it. */
int vpci_vector_get(struct vbus_bridge *bridge, const char *name,
		    void (*fn)(void *arg), void *arg)
{
	struct vpci *vp = bridge_to_vpci(bridge);
	unsigned int nr = vector_choose(vp);
	int err = vpci_vector_add(vp, nr, name, fn, arg);

	if (err)
		dev_warn_ratelimited(&vp->pdev->dev, "no interrupt for %s: %pe\n", name,
				     ERR_PTR(err));
	return err ?: nr;
}

static struct vpci_user *vector_remove_user(struct vpci_vector *v, void *arg)
{
	struct vpci_user *user, *found = NULL;

	/* Waits for a run of the users' functions, which is short. */
	spin_lock_irq(&v->lock);
	list_for_each_entry(user, &v->users, entry) {
		if (user->arg == arg) {
			list_del(&user->entry);
			found = user;
			break;
		}
	}
	spin_unlock_irq(&v->lock);
	return found;
}

void vpci_vector_put(struct vbus_bridge *bridge, u32 nr, void *arg)
{
	struct vpci *vp = bridge_to_vpci(bridge);
	struct vpci_vector *v = &vp->vectors[nr];
	struct vpci_user *user;

	mutex_lock(&vp->vector_lock);
	user = vector_remove_user(v, arg);
	if (user && !--v->nusers)
		free_irq(pci_irq_vector(vp->pdev, nr), v);
	mutex_unlock(&vp->vector_lock);
	kfree(user);
}

static unsigned int vectors_wanted(void)
{
	unsigned int n = max_t(unsigned int, VECTORS_PER_CPU * num_online_cpus(), VECTORS_USUAL);

	return clamp_t(unsigned int, min(n, max_vectors), 1, VBUS_PCI_VECTORS);
}

int vpci_vectors_init(struct vpci *vp)
{
	int i, n;

	n = pci_alloc_irq_vectors(vp->pdev, 1, vectors_wanted(), PCI_IRQ_MSIX);
	if (n < 0) {
		dev_err(&vp->pdev->dev, "no MSI-X interrupts: %pe\n", ERR_PTR(n));
		return n;
	}
	vp->vectors = kvcalloc(n, sizeof(*vp->vectors), GFP_KERNEL);
	if (!vp->vectors) {
		pci_free_irq_vectors(vp->pdev);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		spin_lock_init(&vp->vectors[i].lock);
		INIT_LIST_HEAD(&vp->vectors[i].users);
	}
	vp->nvectors = n;
	return 0;
}

void vpci_vectors_exit(struct vpci *vp)
{
	pci_free_irq_vectors(vp->pdev);
	kvfree(vp->vectors);
}

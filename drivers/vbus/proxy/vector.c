// SPDX-License-Identifier: GPL-2.0
/*
 * Vectors of connectors whose transport has none of its own.
 */
#include <linux/bottom_half.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "proxy.h"

/**
 * struct vector - an interrupt of a driver
 * @lock: held while @fn runs, so that taking it away can wait for that; any context
 * @fn: what to call; NULL when the vector is being put
 * @arg: its argument
 * @rcu: a caller may still look at the vector when it is put
 */
struct vector {
	spinlock_t lock;	/* @fn */
	void (*fn)(void *arg);
	void *arg;
	struct rcu_head rcu;
};

void vbus_vectors_init(struct vbus_vectors *vs, u32 count)
{
	xa_init_flags(&vs->xa, XA_FLAGS_ALLOC);
	vs->count = count;
}
EXPORT_SYMBOL_GPL(vbus_vectors_init);

void vbus_vectors_fini(struct vbus_vectors *vs)
{
	xa_destroy(&vs->xa);
}
EXPORT_SYMBOL_GPL(vbus_vectors_fini);

int vbus_vectors_get(struct vbus_vectors *vs, void (*fn)(void *arg), void *arg)
{
	struct vector *v = kzalloc(sizeof(*v), GFP_KERNEL);
	u32 nr;
	int err;

	if (!v)
		return -ENOMEM;
	spin_lock_init(&v->lock);
	v->fn = fn;
	v->arg = arg;
	err = xa_alloc(&vs->xa, &nr, v, XA_LIMIT(0, vs->count - 1), GFP_KERNEL);
	if (err) {
		kfree(v);
		return err == -EBUSY ? -ENOSPC : err;
	}
	return nr;
}
EXPORT_SYMBOL_GPL(vbus_vectors_get);

void vbus_vectors_put(struct vbus_vectors *vs, u32 nr)
{
	struct vector *v = xa_erase(&vs->xa, nr);
	unsigned long flags;

	if (!v)
		return;
	spin_lock_irqsave(&v->lock, flags);
	v->fn = NULL;
	spin_unlock_irqrestore(&v->lock, flags);
	kfree_rcu(v, rcu);
}
EXPORT_SYMBOL_GPL(vbus_vectors_put);

static void vector_call(struct vector *v)
{
	unsigned long flags;

	spin_lock_irqsave(&v->lock, flags);
	if (v->fn)
		v->fn(v->arg);
	spin_unlock_irqrestore(&v->lock, flags);
}

/*
 * The driver's function will schedule a softirq. From a task that may be interrupted, that softirq
 * should run when we are done and not when the timer next ticks: hence BHs off and on.
 */
void vbus_vectors_call(struct vbus_vectors *vs, u32 nr)
{
	bool task = in_task() && !irqs_disabled();
	struct vector *v;

	if (task)
		local_bh_disable();
	rcu_read_lock();
	v = xa_load(&vs->xa, nr);
	if (v)
		vector_call(v);
	rcu_read_unlock();
	if (task)
		local_bh_enable();
}
EXPORT_SYMBOL_GPL(vbus_vectors_call);

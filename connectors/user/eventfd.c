// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbells and vectors as eventfds.
 *
 * A doorbell waits on its eventfd with a function of its own, which takes what was written and
 * rings; it runs with interrupts off and the eventfd locked, for which the core is prepared. A
 * vector is signalled from whatever context the device side interrupts in.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/slab.h>
#include "user.h"

/**
 * struct user_doorbell - an eventfd that rings a doorbell
 * @client: whose
 * @nr: the doorbell
 * @ctx: the eventfd, referenced
 * @wait: our place on its wait queue
 * @pt: how we got there
 */
struct user_doorbell {
	struct vbus_client *client;
	u32 nr;
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	poll_table pt;
};

/**
 * struct user_vector - an eventfd that is interrupted
 * @ctx: the eventfd, referenced
 * @rcu: the device side may still look at it when it is taken away
 */
struct user_vector {
	struct eventfd_ctx *ctx;
	struct rcu_head rcu;
};

/* ---- doorbells --------------------------------------------------------------------------- */

static int doorbell_wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct user_doorbell *db = container_of(wait, struct user_doorbell, wait);
	u64 count;

	/* Hang-up, which comes when the eventfd is closed, is no news: we hold the context. */
	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(db->ctx, &count);
		vbus_client_doorbell(db->client, db->nr);
	}
	return 0;
}

static void doorbell_queue(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	add_wait_queue(wqh, &container_of(pt, struct user_doorbell, pt)->wait);
}

static void doorbell_free(struct user_doorbell *db)
{
	u64 count;

	/* On return the function is not running. */
	eventfd_ctx_remove_wait_queue(db->ctx, &db->wait, &count);
	eventfd_ctx_put(db->ctx);
	kfree(db);
}

static struct user_doorbell *doorbell_alloc(struct user_file *uf, u32 nr, struct file *file)
{
	struct user_doorbell *db = kzalloc(sizeof(*db), GFP_KERNEL_ACCOUNT);

	if (!db)
		return ERR_PTR(-ENOMEM);
	db->ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(db->ctx)) {
		void *err = db->ctx;

		kfree(db);
		return err;
	}
	db->client = &uf->client;
	db->nr = nr;
	init_waitqueue_func_entry(&db->wait, doorbell_wake);
	init_poll_funcptr(&db->pt, doorbell_queue);
	return db;
}

/* One write would otherwise run through any number of doorbells with interrupts off. */
static bool doorbell_taken(struct user_file *uf, const struct eventfd_ctx *ctx)
{
	struct user_doorbell *db;
	unsigned long nr;

	xa_for_each(&uf->doorbells, nr, db)
		if (db->ctx == ctx)
			return true;
	return false;
}

static int doorbell_add(struct user_file *uf, u32 nr, struct file *file)
{
	struct user_doorbell *db = doorbell_alloc(uf, nr, file);
	int err;

	lockdep_assert_held(&uf->lock);
	if (IS_ERR(db))
		return PTR_ERR(db);
	err = doorbell_taken(uf, db->ctx) ? -EBUSY :
	      xa_insert(&uf->doorbells, nr, db, GFP_KERNEL_ACCOUNT);
	if (err) {
		eventfd_ctx_put(db->ctx);
		kfree(db);
		return err;
	}
	/* What was written before is a ring, too. */
	if (vfs_poll(file, &db->pt) & EPOLLIN)
		vbus_client_doorbell(db->client, nr);
	return 0;
}

/* uf->lock is held and the file attached; @nr is any number. */
int user_doorbell_set(struct user_file *uf, u32 nr, int fd)
{
	struct user_doorbell *db;
	struct file *file;
	int err;

	if (nr >= uf->client.conn->caps.doorbells || fd < -1)
		return -EINVAL;
	if (fd < 0) {
		db = xa_erase(&uf->doorbells, nr);
		if (db)
			doorbell_free(db);
		return db ? 0 : -ENOENT;
	}
	file = eventfd_fget(fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = doorbell_add(uf, nr, file);
	fput(file);
	return err;
}

void user_doorbells_free(struct user_file *uf)
{
	struct user_doorbell *db;
	unsigned long nr;

	xa_for_each(&uf->doorbells, nr, db)
		doorbell_free(db);
	xa_destroy(&uf->doorbells);
}

/* ---- vectors ----------------------------------------------------------------------------- */

void user_raise(struct vbus_client *client, u32 nr)
{
	struct user_vector *v;

	rcu_read_lock();
	v = xa_load(&client_to_user(client)->vectors, nr);
	if (v)
		eventfd_signal(v->ctx);
	rcu_read_unlock();
}

static void vector_free_rcu(struct rcu_head *rcu)
{
	struct user_vector *v = container_of(rcu, struct user_vector, rcu);

	eventfd_ctx_put(v->ctx);
	kfree(v);
}

static void vector_free(struct user_vector *v)
{
	if (v)
		call_rcu(&v->rcu, vector_free_rcu);
}

/* As user_doorbell_set(). The one there was is replaced. */
int user_vector_set(struct user_file *uf, u32 nr, int fd)
{
	struct user_vector *v, *old;
	struct eventfd_ctx *ctx;

	lockdep_assert_held(&uf->lock);
	if (nr >= USER_MAX_VECTORS || fd < -1)
		return -EINVAL;
	if (fd < 0) {
		v = xa_erase(&uf->vectors, nr);
		vector_free(v);
		return v ? 0 : -ENOENT;
	}
	ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	if (!v) {
		eventfd_ctx_put(ctx);
		return -ENOMEM;
	}
	v->ctx = ctx;
	old = xa_store(&uf->vectors, nr, v, GFP_KERNEL_ACCOUNT);
	if (xa_is_err(old)) {
		eventfd_ctx_put(ctx);
		kfree(v);
		return xa_err(old);
	}
	vector_free(old);
	return 0;
}

/* The client is detached. */
void user_vectors_free(struct user_file *uf)
{
	struct user_vector *v;
	unsigned long nr;

	xa_for_each(&uf->vectors, nr, v)
		vector_free(v);
	xa_destroy(&uf->vectors);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory regions: registered by the driver side, mapped where the transport can.
 */
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

/*
 * Where the transport's pointers are I/O memory, regions are used through the memctx only; mapping
 * them once shows that they are the peer's.
 */
static int shm_map(struct vbus_shm *shm, struct vbus_client *client)
{
	struct vbus_memctx *mem = &client->mem;
	void *ptr = vbus_memctx_map(mem, shm->addr, shm->len);

	if (IS_ERR(ptr))
		return PTR_ERR(ptr);
	if (client->conn->caps.map)
		shm->ptr = ptr;
	else
		mem->ops->unmap(mem, ptr, shm->addr, shm->len);
	return 0;
}

static void shm_unmap(struct vbus_shm *shm, struct vbus_memctx *mem)
{
	if (shm->ptr)
		mem->ops->unmap(mem, shm->ptr, shm->addr, shm->len);
}

int vbus_shm_setup(struct vbus_session *s, u32 id, const struct vbus_msg_shm *msg)
{
	struct vbus_shm *shm;
	int err;

	lockdep_assert_held(&s->client->lock);
	if (!s->port->ops->shm_add)
		return -ENOENT;
	if (s->shms[id])
		return -EBUSY;
	if (le32_to_cpu(msg->flags) & ~VBUS_SHM_F_READONLY)
		return -EINVAL;
	shm = kzalloc(sizeof(*shm), GFP_KERNEL);
	if (!shm)
		return -ENOMEM;
	shm->session = s;
	shm->id = id;
	shm->addr = le64_to_cpu(msg->addr);
	shm->len = le64_to_cpu(msg->len);
	shm->flags = le32_to_cpu(msg->flags);
	shm->vector = le32_to_cpu(msg->vector);
	err = shm_map(shm, s->client);
	if (err)
		goto err_free;
	err = s->port->ops->shm_add(s, shm);
	if (err)
		goto err_unmap;
	s->shms[id] = shm;
	return 0;

err_unmap:
	shm_unmap(shm, s->mem);
err_free:
	kfree(shm);
	return err;
}

void vbus_shm_remove(struct vbus_session *s, u32 id)
{
	struct vbus_shm *shm = s->shms[id];

	lockdep_assert_held(&s->client->lock);
	s->port->ops->shm_del(s, shm);
	s->shms[id] = NULL;
	shm_unmap(shm, s->mem);
	kfree(shm);
}

void vbus_shm_signal(struct vbus_shm *shm)
{
	struct vbus_client *client = shm->session->client;

	trace_vbus_interrupt(client, shm->vector);
	if (shm->vector != VBUS_NO_VECTOR)
		client->conn->ops->raise(client, shm->vector);
}
EXPORT_SYMBOL_GPL(vbus_shm_signal);

// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory regions: registered by the driver side, mapped where the transport can.
 */
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

int vbus_shm_setup(struct vbus_session *s, u32 id, const struct vbus_msg_shm *msg)
{
	struct vbus_memctx *mem = s->mem;
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
	shm->ptr = vbus_memctx_map(mem, shm->addr, shm->len);
	if (IS_ERR(shm->ptr)) {
		err = PTR_ERR(shm->ptr);
		goto err_free;
	}
	err = s->port->ops->shm_add(s, shm);
	if (err)
		goto err_unmap;
	s->shms[id] = shm;
	return 0;

err_unmap:
	mem->ops->unmap(mem, shm->ptr, shm->addr, shm->len);
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
	s->mem->ops->unmap(s->mem, shm->ptr, shm->addr, shm->len);
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

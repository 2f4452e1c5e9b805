// SPDX-License-Identifier: GPL-2.0
/*
 * The VFIO device of a function: what QEMU opens, reads, writes and asks.
 *
 * QEMU answers the guest's reads and writes of most of configuration space itself and passes on
 * the writes; it emulates the MSI-X table altogether. Writes to ports arrive here in the thread of
 * the virtual CPU that made them, so a verb is carried out when the guest's instruction ends.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "kvm.h"

/* An offset in the device's file is region | offset in the region. */
#define REGION_SHIFT	40
#define REGION_OFFSET(i) ((u64)(i) << REGION_SHIFT)

/**
 * struct vkvm_vdev - VFIO's view of a function
 * @vdev: VFIO's; first, as it wants
 * @fn: the function
 * @guest: while open
 */
struct vkvm_vdev {
	struct vfio_device vdev;
	struct vkvm_fn *fn;
	struct vkvm_guest *guest;
};

static struct vkvm_vdev *to_vkvm_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct vkvm_vdev, vdev);
}

/* ---- opening and closing ------------------------------------------------------------------ */

static bool opener_is_member(const struct vkvm_fn *fn)
{
	struct vbus_bus *bus = vbus_bus_of_current();

	if (!bus)
		return false;
	vbus_bus_put(bus);
	return bus == fn->bus;
}

/*
 * Members of the bus may. Who was given the node may open a function that was released to him: the
 * QEMU of a management daemon is nobody's child and cannot be a member.
 */
static int may_open(const struct vkvm_fn *fn)
{
	kuid_t owner = READ_ONCE(fn->owner);

	if (uid_valid(owner)) {
		if (uid_eq(owner, current_fsuid()) || capable(CAP_SYS_ADMIN))
			return 0;
		pr_info_ratelimited("%s: %s (%d) may not open it: it was released to uid %u\n",
				    dev_name(&fn->dev), current->comm, task_tgid_nr(current),
				    from_kuid_munged(&init_user_ns, owner));
		return -EPERM;
	}
	if (opener_is_member(fn))
		return 0;
	pr_info_ratelimited("%s: %s (%d) is not on bus %s: first echo %s > /proc/self/vbus\n",
			    dev_name(&fn->dev), current->comm, task_tgid_nr(current),
			    vbus_bus_name(fn->bus), vbus_bus_name(fn->bus));
	return -EPERM;
}

static int fn_open(struct vfio_device *vdev)
{
	struct vkvm_vdev *v = to_vkvm_vdev(vdev);
	struct vkvm_fn *fn = v->fn;
	struct vkvm_guest *g;
	int err;

	err = may_open(fn);
	if (err)
		return err;
	err = vkvm_slot_open(fn);
	if (err)
		return err;
	g = vkvm_guest_open(fn, vdev);
	if (IS_ERR(g)) {
		vkvm_slot_closed(fn);
		return PTR_ERR(g);
	}
	v->guest = g;
	return 0;
}

/* In any thread, also one without memory; nothing may be concluded from current. */
static void fn_close(struct vfio_device *vdev)
{
	struct vkvm_vdev *v = to_vkvm_vdev(vdev);

	vkvm_guest_close(v->guest);
	v->guest = NULL;
	vkvm_slot_closed(v->fn);
}

/* Somebody wants the function back. */
static void fn_request(struct vfio_device *vdev, unsigned int count)
{
	struct vkvm_guest *g = vkvm_fn_guest_get(to_vkvm_vdev(vdev)->fn);

	if (!g)
		return;
	vkvm_request(g);
	vbus_client_put(&g->client);
}

/*
 * QEMU passes the last part of the path it was given. That may be the name of a link to the
 * function; and there is but one device in the group.
 */
static int fn_match_name(struct vfio_device *vdev, char *name)
{
	return 1;
}

/* May come before and after the function is open, too. */
static void fn_dma_unmap(struct vfio_device *vdev, u64 addr, u64 len)
{
	struct vkvm_guest *g = vkvm_fn_guest_get(to_vkvm_vdev(vdev)->fn);

	if (!g)
		return;
	vkvm_mem_unmap(g, addr, len);
	vbus_client_put(&g->client);
}

/* ---- regions ------------------------------------------------------------------------------ */

static u64 region_size(u32 index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX + VBUS_PCI_BAR_IO:
		return VBUS_PCI_IO_SIZE;
	case VFIO_PCI_BAR0_REGION_INDEX + VBUS_PCI_BAR_MSIX:
		return VBUS_PCI_MSIX_SIZE;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return VKVM_CONFIG_SIZE;
	default:
		return 0;
	}
}

/*
 * The part of an access that lies inside a region. Return: bytes, at most @max; 0 at the end;
 * -EINVAL for no region.
 */
static ssize_t region_clip(loff_t off, size_t count, size_t max, u32 *index, u32 *pos)
{
	u64 in = off & (REGION_OFFSET(1) - 1);
	u64 size;

	*index = off >> REGION_SHIFT;
	size = region_size(*index);
	if (off < 0 || !size)
		return -EINVAL;
	if (in >= size)
		return 0;
	*pos = in;
	return min3((u64)count, size - in, (u64)max);
}

/* Largest access that is done at once. */
#define ACCESS_MAX	8

static void region_get(struct vkvm_guest *g, u32 index, u32 pos, void *buf, size_t len)
{
	__le32 val;

	memset(buf, 0xff, len);
	if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
		vkvm_config_read(g, pos, buf, len);
	} else if (index != VBUS_PCI_BAR_IO) {
		memset(buf, 0, len);
	} else if (len == sizeof(val) && !(pos % sizeof(val))) {
		val = cpu_to_le32(vkvm_reg_read(g, pos));
		memcpy(buf, &val, sizeof(val));
	}
}

static void region_put(struct vkvm_guest *g, u32 index, u32 pos, const void *buf, size_t len)
{
	__le32 val;

	if (index == VFIO_PCI_CONFIG_REGION_INDEX) {
		vkvm_config_write(g, pos, buf, len);
	} else if (index == VBUS_PCI_BAR_IO && len == sizeof(val) && !(pos % sizeof(val))) {
		memcpy(&val, buf, sizeof(val));
		vkvm_reg_write(g, pos, le32_to_cpu(val));
	}
}

static ssize_t fn_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct vkvm_guest *g = to_vkvm_vdev(vdev)->guest;
	u8 bytes[ACCESS_MAX];
	size_t done = 0;
	u32 index, pos;
	ssize_t n;

	while (done < count) {
		n = region_clip(*ppos, count - done, sizeof(bytes), &index, &pos);
		if (n <= 0)
			return done ?: n;
		region_get(g, index, pos, bytes, n);
		if (copy_to_user(buf + done, bytes, n))
			return -EFAULT;
		*ppos += n;
		done += n;
	}
	return done;
}

static ssize_t fn_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			loff_t *ppos)
{
	struct vkvm_guest *g = to_vkvm_vdev(vdev)->guest;
	u8 bytes[ACCESS_MAX];
	size_t done = 0;
	u32 index, pos;
	ssize_t n;

	while (done < count) {
		n = region_clip(*ppos, count - done, sizeof(bytes), &index, &pos);
		if (n <= 0)
			return done ?: n;
		if (copy_from_user(bytes, buf + done, n))
			return -EFAULT;
		region_put(g, index, pos, bytes, n);
		*ppos += n;
		done += n;
	}
	return done;
}

/* ---- questions ---------------------------------------------------------------------------- */

/* The part of a question that every kernel knows, and its size in argsz. */
static int info_get(void *info, unsigned long arg, size_t size)
{
	u32 *argsz = info;

	if (copy_from_user(info, (void __user *)arg, size))
		return -EFAULT;
	return *argsz < size ? -EINVAL : 0;
}

static int info_put(unsigned long arg, const void *info, size_t size)
{
	return copy_to_user((void __user *)arg, info, size) ? -EFAULT : 0;
}

static long fn_device_info(unsigned long arg)
{
	struct vfio_device_info info = { };
	size_t size = offsetofend(struct vfio_device_info, num_irqs);
	int err;

	err = info_get(&info, arg, size);
	if (err)
		return err;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return info_put(arg, &info, size);
}

static long fn_region_info(unsigned long arg)
{
	struct vfio_region_info info = { };
	size_t size = offsetofend(struct vfio_region_info, offset);
	int err;

	err = info_get(&info, arg, size);
	if (err)
		return err;
	if (info.index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info.size = region_size(info.index);
	info.flags = info.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	info.offset = REGION_OFFSET(info.index);
	info.cap_offset = 0;
	return info_put(arg, &info, size);
}

static long fn_irq_info(unsigned long arg)
{
	struct vfio_irq_info info = { };
	size_t size = offsetofend(struct vfio_irq_info, count);
	int err;

	err = info_get(&info, arg, size);
	if (!err)
		err = vkvm_irq_info(&info);
	return err ?: info_put(arg, &info, size);
}

static long fn_set_irqs(struct vkvm_guest *g, unsigned long arg)
{
	size_t size = offsetofend(struct vfio_irq_set, count), data_size;
	struct vfio_irq_info info = { };
	struct vfio_irq_set hdr;
	void *data = NULL;
	int err;

	if (copy_from_user(&hdr, (void __user *)arg, size))
		return -EFAULT;
	info.index = hdr.index;
	err = vkvm_irq_info(&info);
	if (err)
		return err;
	err = vfio_set_irqs_validate_and_prepare(&hdr, info.count, VFIO_PCI_NUM_IRQS, &data_size);
	if (err)
		return err;
	if (data_size) {
		data = memdup_user((void __user *)(arg + size), data_size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	err = vkvm_set_irqs(g, &hdr, data);
	kfree(data);
	return err;
}

static long fn_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vkvm_guest *g = to_vkvm_vdev(vdev)->guest;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return fn_device_info(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return fn_region_info(arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return fn_irq_info(arg);
	case VFIO_DEVICE_SET_IRQS:
		return fn_set_irqs(g, arg);
	case VFIO_DEVICE_RESET:
		mutex_lock(&g->lock);
		vkvm_guest_reset(g);
		vkvm_config_reset(g);
		mutex_unlock(&g->lock);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* ---- registration ------------------------------------------------------------------------- */

static void fn_release(struct vfio_device *vdev)
{
	vfio_free_device(vdev);
}

static const struct vfio_device_ops fn_ops = {
	.name = "vbus-kvm",
	.release = fn_release,
	.open_device = fn_open,
	.close_device = fn_close,
	.read = fn_read,
	.write = fn_write,
	.ioctl = fn_ioctl,
	.request = fn_request,
	.match = fn_match_name,
	.dma_unmap = fn_dma_unmap,
	vfio_emulated_iommufd_ops
};

int vkvm_vfio_add(struct vkvm_fn *fn)
{
	struct vkvm_vdev *v = vfio_alloc_device(vkvm_vdev, vdev, &fn->dev, &fn_ops);
	int err;

	if (IS_ERR(v))
		return PTR_ERR(v);
	v->fn = fn;
	err = vfio_register_emulated_iommu_dev(&v->vdev);
	if (err) {
		vfio_put_device(&v->vdev);
		return err;
	}
	dev_set_drvdata(&fn->dev, v);
	return 0;
}

/* Waits until nobody has it open. */
void vkvm_vfio_del(struct vkvm_fn *fn)
{
	struct vkvm_vdev *v = dev_get_drvdata(&fn->dev);

	vfio_unregister_group_dev(&v->vdev);
	vfio_put_device(&v->vdev);
}

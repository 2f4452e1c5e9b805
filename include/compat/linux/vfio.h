/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drivers free their struct vfio_device themselves up to 6.1 and name functions for iommufd from
 * 6.2 (detach_ioas: 6.6) on.
 */
#ifndef _VBUS_COMPAT_LINUX_VFIO_H
#define _VBUS_COMPAT_LINUX_VFIO_H

#include_next <linux/vfio.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define vfio_emulated_iommufd_ops
#else
static inline void vfio_free_device(struct vfio_device *vdev)
{
}

#define vfio_emulated_iommufd_ops				\
	.bind_iommufd = vfio_iommufd_emulated_bind,		\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,		\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,	\
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif

#endif /* _VBUS_COMPAT_LINUX_VFIO_H */

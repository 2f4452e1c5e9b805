/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus: /dev/vbus-kvm, where the administrator's programs give eventfds to the KVM connector.
 *
 * The kernel has no way to make an eventfd for itself. So a program makes some and donates them;
 * each then carries the doorbells of one port of one virtual machine.
 */
#ifndef _UAPI_LINUX_VBUS_KVM_H
#define _UAPI_LINUX_VBUS_KVM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Donate one eventfd: the argument is its file descriptor. It must be newly made, without flags but
 * EFD_CLOEXEC and EFD_NONBLOCK; the donor closes its descriptor and keeps no copy.
 *
 * Needs CAP_SYS_ADMIN. Return: 0, or -1 with EPERM, EBADF, EINVAL (not an eventfd), ENOSPC (there
 * are enough for now).
 */
#define VBUS_KVM_DONATE		_IOW('V', 0x60, __s32)

#endif /* _UAPI_LINUX_VBUS_KVM_H */

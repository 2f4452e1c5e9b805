// SPDX-License-Identifier: GPL-2.0
/*
 * Asking KVM to signal an eventfd when the guest writes to a port, or to stop it.
 *
 * KVM takes that request by ioctl from the process that made the machine, and so do we make it: in
 * QEMU's own thread, on the descriptor of the machine that QEMU has open, with the argument in a
 * page of QEMU's that exists for the length of the call. Nothing is left behind in the process.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/kvm_host.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include "kvm.h"

struct machine_search {
	struct kvm *kvm;
	struct file *file;
};

static int machine_is(const void *arg, struct file *file, unsigned int fd)
{
	struct machine_search *s = (void *)arg;

	if (!file_is_kvm(file) || file->private_data != s->kvm)
		return 0;
	s->file = get_file(file);
	return 1;
}

/* The current process's descriptor of the machine, or NULL. */
static struct file *machine_file(struct kvm *kvm)
{
	struct machine_search s = { .kvm = kvm };

	iterate_fd(current->files, 0, machine_is, &s);
	return s.file;
}

/* Copy the argument into the current process and make the request. */
static int machine_ioctl(struct file *machine, const struct kvm_ioeventfd *req)
{
	unsigned long page;
	int err = -EFAULT;

	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(page))
		return page;
	if (!copy_to_user((void __user *)page, req, sizeof(*req)))
		err = vfs_ioctl(machine, KVM_IOEVENTFD, page);
	vm_munmap(page, PAGE_SIZE);
	return err;
}

static int machine_request(struct file *machine, struct file *eventfd, u32 addr, bool assign)
{
	struct kvm_ioeventfd req = {
		.addr = addr,
		.len = 4,
		.flags = KVM_IOEVENTFD_FLAG_PIO | (assign ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN),
	};
	int err;

	req.fd = get_unused_fd_flags(O_CLOEXEC);
	if (req.fd < 0)
		return req.fd;
	fd_install(req.fd, get_file(eventfd));
	err = machine_ioctl(machine, &req);
	close_fd(req.fd);
	return err;
}

/**
 * vkvm_ioeventfd() - let a port of the guest signal an eventfd, or stop it
 * @g: the guest
 * @eventfd: the eventfd
 * @addr: port
 * @assign: or deassign
 *
 * Context: process; anybody's, but it only works in QEMU's.
 * Return: 0; -ENODEV if there is no KVM, or not in reach of this thread; what KVM said.
 */
int vkvm_ioeventfd(struct vkvm_guest *g, struct file *eventfd, u32 addr, bool assign)
{
	struct file *machine;
	int err;

	/* A process that ends runs this without memory or files. */
	if (!g->vdev->kvm || !current->mm || !current->files ||
	    current->flags & (PF_EXITING | PF_KTHREAD))
		return -ENODEV;
	machine = machine_file(g->vdev->kvm);
	if (!machine)
		return -ENODEV;
	err = machine_request(machine, eventfd, addr, assign);
	fput(machine);
	return err;
}

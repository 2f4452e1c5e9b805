// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-kvm-donate: fill the KVM connector's pool of eventfds, which carry doorbells of virtual
 * machines. vbus-kvm.ko starts it when it runs low; it may as well be started by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vbus_kvm.h>

#define DOOR	"/dev/vbus-kvm"
/* More than any pool takes. */
#define MAX	65536

static int complain(const char *what)
{
	fprintf(stderr, "vbus-kvm-donate: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(void)
{
	int door, fd, i;

	door = open(DOOR, O_RDWR | O_CLOEXEC);
	if (door < 0)
		return complain(DOOR);
	for (i = 0; i < MAX; i++) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd < 0)
			return complain("eventfd");
		if (ioctl(door, VBUS_KVM_DONATE, &fd))
			return errno == ENOSPC ? 0 : complain(DOOR);
		close(fd);
	}
	return 0;
}

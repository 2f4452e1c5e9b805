// SPDX-License-Identifier: GPL-2.0
/*
 * kvm-idle: a virtual processor that nobody runs, until this is killed.
 *
 * Linux patches its own code when the first virtual machine comes and when the last one goes
 * (preempt_notifier_key in the scheduler), and when the first virtual processor comes whose APIC is
 * off, as it is at reset, and the last one turns it on (apic_sw_disabled in arch/x86/kvm/lapic.c):
 * whenever a machine starts or resets. QEMU, emulating the host, may miss a patch, and the host dies
 * of an int3 that nobody put there. As long as there is this one nothing is patched.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = -1;

	if (kvm >= 0)
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0 || ioctl(vm, KVM_CREATE_IRQCHIP, 0) || ioctl(vm, KVM_CREATE_VCPU, 0) < 0) {
		perror("kvm-idle");
		return 1;
	}
	for (;;)
		pause();
}

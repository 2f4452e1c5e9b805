#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 500
# A guest that ends and begins again in every way it can: the driver comes back
# each time and nothing is left of the life before.
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

guest_require
bridge_create vbr0
ip addr add 10.90.0.254/24 dev vbr0
did "a bus with a device" guest_bus client
GUEST_MEM=512 guest_start client client-bus \
	-drive "file=$GUEST_ROOT/bzimage,format=raw,if=ide,index=0,snapshot=on" \
	-drive "file=$GUEST_ROOT/initrd,format=raw,if=ide,index=1,snapshot=on"
guest_ready client
PCI=/sys/bus/pci/drivers/vbus_pci

works()
{
	check "$1" guest_wait client 15 'ping -c 1 -W 1 10.90.0.254'
	check_equal "$1: one client" 1 "$(clients client-bus | wc -w)"
}

up() { guest_net client 10.90.0.1/24 && works "$1"; }

# The guest goes down by itself; the next command waits for it.
again()
{
	guest_run client "$2"
	guest_ready client && up "$1"
}

check "the drivers load" up "first boot"
guest_run client "echo \$(basename \$(readlink -f $PCI/0*)) >/tmp/fn; cat /tmp/fn >$PCI/unbind"
check_not "no interface while unbound" guest_run client 'test -e /sys/class/net/vbus0'
guest_run client "cat /tmp/fn >$PCI/bind"
check "bound again" up "unbind and bind"
guest_run client 'rmmod vbus-enet vbus-pci'
check "loaded again" up "rmmod and modprobe"
guest_run client 'rmmod vbus-enet vbus-pci; modprobe vbus-pci max_vectors=1'
check "all queues share a vector" up "single vector"
check_equal "there is one vector" 1 "$(guest_run client "grep -c 'vbus-pci.0' /proc/interrupts")"

check "it sleeps" guest_run client 'echo devices >/sys/power/pm_test; echo mem >/sys/power/state'
works "suspend and resume"
check "the interface kept its address" guest_run client 'ip addr show dev vbus0 | grep -q 10.90.0.1'

again "reboot" 'reboot -f'
again "panic" 'echo c >/proc/sysrq-trigger'
guest_monitor client system_reset
guest_ready client && up "hard reset"

# The new kernel finds a function that the old one used.
# Kernel and initrd come as disks, found in any order.
DISK='disk() { for d in /sys/block/sd*; do ! readlink -f $d | grep -q "/ata$1/" || echo /dev/${d##*/}; done; }'
# size FILE: the disks are longer
size() { stat -c %s "$GUEST_ROOT/$1"; }
if guest_run client 'command -v kexec' >/dev/null; then
	check "a kernel is loaded" guest_run client "$DISK; modprobe -a ahci sd_mod; i=0; until [ -e /dev/sdb ] || [ \$i -gt 20 ]; do i=\$((i + 1)); sleep 0.5; done; head -c $(size bzimage) \$(disk 1) >/tmp/k; head -c $(size initrd) \$(disk 2) >/tmp/i; kexec -l /tmp/k --initrd=/tmp/i --reuse-cmdline"
	again "kexec" 'kexec -e'
else
	skip "kexec" "no kexec in the guest"
fi
guest_stop client

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 2400
# The cases of the network driver, as they are, in a virtual machine: both ends of a wire are
# on its bus. Its user land is this machine's.
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../../../tests/lib/guest.sh"

CASES='driver sizes tcp reconfigure ends sleep'

# This machine's programs and tests beside the files and modules that guests have.
own_initrd()
{
	local d list=''
	for d in bin sbin lib lib64 usr etc vbus; do
		[ ! -e "/$d" ] || list="$list $d"
	done
	# shellcheck disable=SC2086 # a list
	(cd / && find $list -xdev \( -path lib/modules -o -path 'usr/*qemu*' \) -prune -o -print |
		cpio -o -H newc 2>/dev/null && cat "$GUEST_ROOT/initrd") >/tmp/own-initrd
	at_exit rm -f /tmp/own-initrd
}

wire_links()
{
	ln -s "$CFG/devices/wire" "$CFG/instances/wired/one" && ln -s "$CFG/devices/wire" "$CFG/instances/wired/two"
}

wire_unlink() { rm -f "$CFG/instances/wired/one" "$CFG/instances/wired/two"; }

# wire_new SCRIPT: with as many queues as it asks for
wire_new()
{
	local queues
	queues=$(sed -n 's/.*enet_wire \([0-9]*\).*/\1/p' "$1")
	attr wire queues "${queues:-1}" && wire_links && enable wire
}

wire_end() { wire_unlink && disable wire; }

# in_guest SCRIPT: its lines here, its status
in_guest()
{
	guest_run own "cd /vbus && (VBUS_WIRED=1 VBUS_KERNEL=$(cat "$GUEST_ROOT/kernel") VBUS_FULL=1 \
		VBUS_TIME_FACTOR=$((2 * ${VBUS_TIME_FACTOR:-1})) tests/qemu/guest/cases $1; echo \$? >/tmp/rc) >/tmp/out 2>&1 &" &&
		GUEST_TIMEOUT=900 guest_run own 'i=0; until [ -e /tmp/rc ]; do i=$((i + 1)); [ $i -lt 850 ] || exit 1; sleep 1; done'
	guest_run own 'cat /tmp/out; rm -f /tmp/out; rc=$(cat /tmp/rc || echo 99); rm -f /tmp/rc; exit $rc'
}

guest_require venet-loop
bus_create wired && device_create wire venet-loop && own_initrd || exit 1
at_exit wire_unlink
GUEST_MEM=768 GUEST_INITRD=/tmp/own-initrd guest_start own wired
check "a machine with this one's programs" guest_ready own
guest_run own 'ln -s /proc/self/fd /dev/fd; mkdir -p /run/netns /var/run/netns; modprobe -a vbus-pci vbus-enet'
for c in $CASES; do
	script=tests/cases/enet-$c.sh
	check "a wire for $c" wire_new "/vbus/$script" || continue
	check "$script" in_guest "$script"
	check "its wire goes" wire_end
done
check_equal "no doorbell was missed" 0 "$(client_count wired missed)"
check_equal "no descriptor was bad" 0 "$(client_count wired bad)"
check "the guest is alive" guest_run own true
guest_kill own
check "its bus is free" wait_for 5 no_clients wired

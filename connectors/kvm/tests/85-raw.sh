#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 400
# A guest without our driver writes nonsense into ports, mailbox and rings: it may lose its own
# session, nobody else notices, and afterwards its driver works.
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../../../tests/lib/guest.sh"

PCI=/sys/bus/pci/drivers/vbus_pci
seconds=$((${VBUS_FULL:-0} ? 20 : 10))

# The guests' first files and one program more.
initrd_with()
{
	local dir=/tmp/raw-files
	at_exit rm -rf $dir /tmp/raw-initrd
	mkdir -p $dir/usr/bin && cp "$(command -v "$1")" $dir/usr/bin/ &&
		(cd $dir && cat "$GUEST_ROOT/initrd" && find usr | cpio -o -H newc 2>/dev/null) >/tmp/raw-initrd
}

lines() { dmesg | wc -l; }

guest_require vbus-dev-echo
initrd_with vfio-peer || exit 1
GUEST_INITRD=/tmp/raw-initrd
did "two guests reach each other" guest_pair
echo_device() { device_create raw-echo echo && link raw-echo client-bus; }
did "an echo device beside the interface" echo_device
guest_run client "echo 1 >/proc/sys/vm/nr_hugepages; basename \$(readlink -f $PCI/0*) >/tmp/fn; rmmod vbus-enet vbus-pci"
# shellcheck disable=SC2016 # for the guest
check "the driver is gone" guest_run client 'test -s /tmp/fn && echo 1 >/sys/bus/pci/devices/$(cat /tmp/fn)/enable'
ip addr add 10.90.0.254/24 dev vbr0
ping -i 0.2 10.90.0.2 >/tmp/raw-ping &
pinger=$!
before=$(lines)
# What it says may be the last that its memory holds.
guest_run client "vfio-peer /sys/bus/pci/devices/\$(cat /tmp/fn) garbage $((10 * seconds)) >/dev/null 2>&1 &"
sleep "$seconds"
after=$(lines)
kill -INT $pinger
wait $pinger
check "wrong verbs were counted" test "$(client_count client-bus verb_errors)" -gt 20
check "and doorbells of nobody" test "$(client_count client-bus bad_doorbells)" -gt 20
check "the other guest answered all the time" grep -q ' 0% packet loss' /tmp/raw-ping
comment "lines in the log: $((after - before))"
check "the log stays readable" test $((after - before)) -lt $((20 + seconds * 20))
check "the other guest has its driver" guest_run server 'ping -c 1 -W 1 10.90.0.254'

# That it wrote to its own memory is its own business.
guest_monitor client system_reset
check "it can start anew" guest_ready client
check "its driver works" guest_net client 10.90.0.1/24
check "and reaches the other" guest_wait client 30 'ping -c 1 -W 1 10.90.0.2'

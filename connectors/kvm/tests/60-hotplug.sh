#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 300
# The function itself is plugged and unplugged while the guest runs.
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

guest_require
bridge_create vbr0
ip addr add 10.90.0.254/24 dev vbr0
did "a bus with a device" guest_bus client

# QEMU opens it later, so QEMU itself has to be a member: as a bare machine.
GUEST_MEMBER=client-bus guest_start client '' -device pcie-root-port,id=rp,chassis=1
guest_ready client
plug() { guest_monitor client "device_add vfio-pci,id=v,bus=rp,sysfsdev=$SYSV/instances/client-bus/kvm"; }

for round in 1 2; do
	plug
	check "plugged in ($round)" guest_wait client 15 'lspci -n | grep -qi f055:5642'
	check "it works" guest_net client 10.90.0.1/24
	check "and carries traffic" guest_wait client 10 'ping -c 1 -W 1 10.90.0.254'
	guest_monitor client 'device_del v'
	check "unplugged" guest_wait client 20 '! lspci -n | grep -qi f055:5642'
	check "its interface is gone" guest_wait client 5 '! test -e /sys/class/net/vbus0'
	check "its client, too" wait_for 15 no_clients client-bus
done
guest_kill client

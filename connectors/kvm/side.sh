# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# nested
# timeout: 300
# The driver side of tests/lib/matrix.sh, a virtual machine.

# shellcheck source=tests/lib/guest.sh
. "$MATRIX_TOP/tests/lib/guest.sh"
# shellcheck source=tests/lib/remote.sh
. "$MATRIX_TOP/tests/lib/remote.sh"

side_bus=''

side_require() { guest_require; }

side_attach()
{
	side_bus=$1
	guest_kill side 2>/dev/null
	guest_start side "$1" && guest_ready side && guest_run side 'modprobe -a vbus-pci vbus-echo vbus-enet; modprobe -a vbus-blk vbus-console; true'
}

side_detach() { put "$(clients "$side_bus" | head -n 1)" "$SYSV/connectors/kvm/detach"; }
side_gone() { [ -z "$(clients "$side_bus")" ]; }

side_echo()
{
	guest_wait side 10 'ls -d /sys/bus/vbus-proxy/devices/*/ping' &&
		guest_run side "cd /sys/bus/vbus-proxy/devices/*/ping && echo $2 >count && echo $3 >size && echo $1 >run"
}

side_net() { guest_net side "$1/24"; }
side_ping() { guest_run side "ping -q -c $2 -W 1 $1"; }

# A command in the guest with $node, its newest block device or tty.
side_on()
{
	guest_wait side 10 "ls -d /sys/bus/vbus-proxy/devices/*/$1/*" &&
		guest_run side "node=/dev/\$(ls -d /sys/bus/vbus-proxy/devices/*/$1/* | tail -n 1 | sed 's,.*/,,'); $2"
}

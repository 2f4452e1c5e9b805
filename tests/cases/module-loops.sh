#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Modules load and unload 200 times, with everything made and removed each time.
# timeout: 240

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

loops=${VBUS_LOOPS:-200}
modules='vbus_dev_echo vbus_loopback vbus_proxy vbus_echo vbus_enet venet_tap venet_loop vbus_venet
	vbus_procpid vbus_hostile vbus_kunit'

unload_all()
{
	local m
	for m in $modules vbus vbus_ring; do
		[ ! -d "/sys/module/$m" ] || wait_for 2 rmmod "$m" || return
	done
}

one_loop()
{
	modprobe vbus-dev-echo || return
	mkdir "$CFG/devices/d" "$CFG/instances/b" && put echo "$CFG/devices/d/type" &&
		ln -s "$CFG/devices/d" "$CFG/instances/b" || return
	if [ -n "$loopback" ]; then
		modprobe vbus-loopback && put b "$SYSV/connectors/loopback/attach" || return
		put "$(ls "$SYSV/instances/b/clients")" "$SYSV/connectors/loopback/detach" || return
	fi
	rm "$CFG/instances/b/d" && rmdir "$CFG/devices/d" "$CFG/instances/b" || return
	unload_all
}

vbus_require vbus-dev-echo
loopback=''
! modprobe -q vbus-loopback || loopback=1
check "everything unloads" unload_all
for ((i = 0; i < loops; i++)); do
	one_loop || break
done
check_equal "$loops loops" "$loops" "$i"
check "nothing is left" [ ! -e /sys/vbus ]
modprobe vbus

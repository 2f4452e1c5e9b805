#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# Modules load and unload 50 times, in the full run 200, with everything made and removed each time.
# timeout: 600

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

loops=50
[ -z "${VBUS_FULL:-}" ] || loops=200
loops=${VBUS_LOOPS:-$loops}

# Whatever of ours is loaded, users first; some need a moment after the last user has gone.
ours() { lsmod | awk '$1 ~ /^(vbus|venet)/ && $3 == 0 { print $1 }'; }
unload_unused()
{
	local m
	for m in $(ours); do rmmod "$m" 2>/dev/null; done
	! lsmod | grep -qE '^(vbus|venet)'
}
unload_all() { wait_for 5 unload_unused; }

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

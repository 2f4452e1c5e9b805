#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 240
# A restore that is killed half way is undone by the next vbusctl.
set -u
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"
vbus_require vbus-loopback
modprobe -q vbus-dev-echo || skip_all "module vbus-dev-echo is not there"
command -v vbusctl >/dev/null || skip_all "vbusctl is not installed"

count=40
file=$(mktemp)
VBUS_RUN=$(mktemp -d)
export VBUS_RUN
at_exit rm -rf "$file" "$VBUS_RUN"
at_exit vbusctl restore --recover

{
	echo "vbus 1"
	for i in $(seq $count); do echo "device vk-$i echo"; echo "bus vk-bus-$i"; done
	for i in $(seq $count); do echo "link vk-bus-$i vk-$i"; done
	for i in $(seq $count); do echo "attach vk-bus-$i loopback"; done
} >"$file"

# Built-ins of the shell: the moment passes quickly.
some_devices() { [ -e "$CFG/devices/vk-5" ]; }
some_buses() { [ -e "$CFG/instances/vk-bus-5" ]; }
some_clients() { compgen -G "$SYSV/instances/vk-bus-5/clients/*" >/dev/null; }
number() { find "$1" -mindepth 1 -maxdepth 1 | wc -l; }
clients() { find "$SYSV"/instances/*/clients -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
left() { echo "$(number "$CFG/devices") $(number "$CFG/instances") $(clients)"; }

# kill_when NAME CONDITION...: kill a restore as soon as the condition holds
kill_when()
{
	local name=$1 pid
	shift
	vbusctl restore "$file" >/dev/null 2>&1 &
	pid=$!
	until "$@" || ! kill -0 $pid 2>/dev/null; do :; done
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	check_equal "killed $name" 137 $?
	check "the journal is there" test -s "$VBUS_RUN/journal"
	comment "left behind: $(left)"
}

kill_when "among the devices" some_devices
check "restore --recover undoes it" vbusctl restore --recover
check_equal "nothing is left" "0 0 0" "$(left)"
check_not "nor the journal" test -e "$VBUS_RUN/journal"

kill_when "among the buses" some_buses
check "the next change undoes it" vbusctl create bus vk-other
check_equal "only the change is there" "0 1 0" "$(left)"
vbusctl destroy bus vk-other

kill_when "among the clients" some_clients
check "the next restore undoes it and goes on" vbusctl restore "$file"
check_equal "now all is there" "$count $count $count" "$(left)"

take_away()
{
	local c i
	for c in $(vbusctl list -q clients); do detach "$c"; done
	for i in $(seq $count); do
		[ ! -e "$CFG/instances/vk-bus-$i/vk-$i" ] || rm "$CFG/instances/vk-bus-$i/vk-$i"
		[ ! -e "$CFG/instances/vk-bus-$i" ] || rmdir "$CFG/instances/vk-bus-$i"
		[ ! -e "$CFG/devices/vk-$i" ] || rmdir "$CFG/devices/vk-$i"
	done
}
at_exit take_away

take_away
check_equal "and can be taken away" "0 0 0" "$(left)"

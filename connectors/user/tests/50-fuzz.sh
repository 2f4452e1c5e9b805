#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# Programs of random bytes by unprivileged members, against every model there is; a
# client on another bus must not notice.
# timeout: 300

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

seconds=${VBUS_FULL:+120}
seconds=${seconds:-12}
seed=${VBUS_SEED:-$RANDOM}

user_require vbus-dev-echo
bus_create calm && device_create calmdev echo && link calmdev calm || exit 1

no_client_of_calm() { [ -z "$(clients calm)" ]; }
no_clients() { [ -z "$(clients ubus)" ]; }

# fuzz CLASS TYPE
fuzz()
{
	local out
	modprobe -q "vbus-class-$1" || { skip "$1" "there is no such class"; return; }
	mkdir "$CFG/instances/ubus" "$CFG/devices/udev" && put "$1" "$CFG/devices/udev/type" || return
	case $1 in
	venet-tap) enable udev; ip link set "$(cat "$SYSV/devices/udev/ifname")" up ;;
	disk) truncate -s 16M /tmp/fuzz.img; put /tmp/fuzz.img "$SYSV/devices/udev/src_path"; enable udev ;;
	*) [ ! -e "$SYSV/devices/udev/enabled" ] || enable udev ;;
	esac
	ln -s "$CFG/devices/udev" "$CFG/instances/ubus/udev"
	out=$(member ubus user-fuzz -s "$seed" -t "$seconds" -u 65534 -p "$2")
	echo "$out" | sed "s/^/# $1: /"
	check "$1: it ran" grep -q programs <<<"$out"
	check "$1: nothing is left" wait_for 2 no_clients
	check "$1: its device can be removed" rm "$CFG/instances/ubus/udev"
	wait_for 5 rmdir "$CFG/devices/udev"
	wait_for 5 rmdir "$CFG/instances/ubus"
	rm -f /tmp/fuzz.img
}

member_start calm echo-ping -t 600 -s 3000 queue
calm=$REPLY
at_exit kill "$calm"
wait_for 10 working user.0 calm
fuzz echo echo
fuzz venet-tap virtual-ethernet
fuzz console virtual-console
fuzz disk virtual-disk
check_equal "the other client noticed nothing" user.0 "$(clients calm)"
kill "$calm"
check "and ends when it is told to" wait_for 2 no_client_of_calm

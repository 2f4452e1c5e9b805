#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The loopback connector: attach, detach, and what is seen on both sides.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

vbus_require vbus-loopback vbus-dev-echo vbus-echo

LOOP=$SYSV/connectors/loopback
DRIVER=/sys/bus/vbus-proxy/drivers/vbus-echo
# Starting a program takes most of a second where everything is checked.
LIMIT=1000
[ "${VBUS_KERNEL:-}" != debug ] || LIMIT=4000

# ping PROXY KIND COUNT SIZE: round trips that are verified by the driver
ping()
{
	put "$3" "$1/ping/count" && put "$4" "$1/ping/size" && put "$2" "$1/ping/run"
}

names() { (cd "$PROXY" && echo loopback.*) 2>/dev/null; }
bound() { [ -e "$PROXY/$1/ping/run" ]; }
gone() { [ ! -e "$PROXY/$1" ]; }
in_use() { cat "/sys/module/vbus_loopback/refcnt"; }
sessions() { find "$SYSV/instances/lo-bus/clients/$1/ports" -name handle 2>/dev/null | wc -l; }
left_mapped() { dmesg | grep 'vbus_loopback: .*mapped'; }

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# under_ms LIMIT COMMAND...
under_ms()
{
	local limit=$1 start
	shift
	start=$(now_ms)
	"$@" || return
	[ $(($(now_ms) - start)) -lt "$limit" ]
}

try_names()
{
	check_errno "attach to a bus that is not there" ENOENT put no-such-bus "$LOOP/attach"
	check_errno "attach to an illegal name" EINVAL put ../x "$LOOP/attach"
	check_errno "detach of a client that is not there" ENOENT put loopback.77 "$LOOP/detach"
	check_errno "detach of an illegal name" EINVAL put "" "$LOOP/detach"
	check_equal "nothing was made by that" "loopback.*" "$(names)"
}

names_are() { [ "$(names)" = "$*" ]; }
try_numbers()
{
	local i
	for i in 0 1 2; do put lo-bus "$LOOP/attach"; done
	check "three attachments have three proxy devices" \
		wait_for 5 names_are loopback.0:0 loopback.1:0 loopback.2:0
	put loopback.1 "$LOOP/detach"
	check_equal "detach takes away its own" "loopback.0:0 loopback.2:0" "$(names)"
	put lo-bus "$LOOP/attach"
	check "the lowest free number is taken" wait_for 5 test -e "$PROXY/loopback.1:0"
	check_errno "a bus with clients is not removed" EBUSY rmdir "$CFG/instances/lo-bus"
	check_not "a module in use is not removed" rmmod vbus-loopback
	for i in 2 0 1; do put loopback.$i "$LOOP/detach"; done
	check_equal "all are gone" "loopback.*" "$(names)"
	check_equal "the module is not in use any more" 0 "$(in_use)"
}

try_traffic()
{
	local size
	check "the driver binds" wait_for 5 bound loopback.0:0
	for size in 1 7 64 4096; do
		check "calls of $size bytes" ping "$P" call 100 $size
	done
	for size in 1 7 2048 4097 65535 65536; do
		check "queue round trips of $size bytes" ping "$P" queue 20 $size
	done
	check "shared memory is shared" ping "$P" touch 100 1
	check_equal "no doorbell was missed" 0 "$(client_count lo-bus missed)"
	check_equal "no descriptor was bad" 0 "$(client_count lo-bus bad)"
	check_errno "calls larger than a message are refused" EINVAL ping "$P" call 1 4097
}

try_binding()
{
	local i failed=0
	for i in $(seq 20); do
		put loopback.0:0 "$DRIVER/unbind" && put loopback.0:0 "$DRIVER/bind" &&
			ping "$P" queue 1 100 || failed=1
	done
	check_equal "the driver can be unbound and bound again" 0 "$failed"
	check_equal "one session is open" 1 "$(sessions loopback.0)"
	put loopback.0:0 "$DRIVER/unbind"
	check_equal "no session is left by an unbound driver" 0 "$(sessions loopback.0)"
	put nobody "$P/driver_override"
	check_not "driver_override keeps other drivers off" put loopback.0:0 "$DRIVER/bind"
	put vbus-echo "$P/driver_override"
	check "and lets the one it names in" put loopback.0:0 "$DRIVER/bind"
	put "" "$P/driver_override"
	check_equal "driver_override can be cleared" "" "$(cat "$P/driver_override")"
	check_not "an override that is too long is refused" put "$(printf 'x%.0s' $(seq 70))" "$P/driver_override"
}

endless_ping() { while ping "$1" queue 100000 65536; do :; done; }

try_hotplug()
{
	local id=0 i
	for i in 1 2 3; do
		endless_ping "$PROXY/loopback.0:$id" 2>/dev/null &
		sleep 0.3
		check "rm of a link under traffic returns in bounded time" \
			under_ms $LIMIT unlink_device lo-dev lo-bus
		check "its proxy device goes away" wait_for 2 gone "loopback.0:$id"
		wait
		id=$((id + 1))
		ln -s "$CFG/devices/lo-dev" "$CFG/instances/lo-bus"
		check "ln brings it back under a new id" wait_for 5 bound "loopback.0:$id"
	done
	P=$PROXY/loopback.0:$id
	check "and it works" ping "$P" queue 100 1000
	endless_ping "$P" 2>/dev/null &
	sleep 0.3
	check "detach under traffic returns in bounded time" \
		under_ms $((2 * LIMIT)) put loopback.0 "$LOOP/detach"
	wait
	check_equal "nothing is left" "loopback.*" "$(names)"
}

try_often()
{
	local i failed=0
	for i in $(seq 50); do
		put lo-bus "$LOOP/attach" && put loopback.0 "$LOOP/detach" || failed=1
	done
	check_equal "attach and detach, 50 times" 0 "$failed"
	for i in $(seq 10); do
		rmmod vbus-loopback && modprobe vbus-loopback || failed=1
	done
	check_equal "unload and load, 10 times" 0 "$failed"
	check_not "no driver left memory mapped" left_mapped
}

[ "$(names)" = "loopback.*" ] || skip_all "somebody is using the loopback connector"
try_names
bus_create lo-bus
device_create lo-dev echo
link lo-dev lo-bus
try_numbers
attach lo-bus
P=$PROXY/loopback.0:0
try_traffic
try_binding
try_hotplug
try_often

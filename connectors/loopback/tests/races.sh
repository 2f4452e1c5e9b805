#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# The driver side under everything at once: attach, detach, links, bind, unbind,
# traffic of all kinds, drivers that are unloaded, and readers.
# timeout: 180

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

vbus_require vbus-loopback vbus-dev-echo vbus-echo

LOOP=$SYSV/connectors/loopback
DRIVER=/sys/bus/vbus-proxy/drivers/vbus-echo
seconds=${VBUS_FULL:+120}
end=$((SECONDS + ${seconds:-15}))

racing() { [ $SECONDS -lt $end ]; }
bus() { REPLY=race$((RANDOM % 2)); }

# One of the proxy devices there are, any
somebody()
{
	local all=("$PROXY"/*)
	REPLY=${all[RANDOM % ${#all[@]}]##*/}
}

attaches()
{
	while racing; do
		bus && put "$REPLY" "$LOOP/attach"
		put "loopback.$((RANDOM % 4))" "$LOOP/detach"
	done
}

links()
{
	while racing; do
		bus
		rm "$CFG/instances/$REPLY/$1"
		ln -s "$CFG/devices/$1" "$CFG/instances/$REPLY/$1"
	done
}

pings()
{
	local kinds=(call queue touch)
	while racing; do
		somebody
		put 100000 "$PROXY/$REPLY/ping/count"
		put $((1 + RANDOM)) "$PROXY/$REPLY/ping/size"
		put "${kinds[RANDOM % 3]}" "$PROXY/$REPLY/ping/run" &
		sleep 0.1
		kill $! && wait $!
	done
}

binds()
{
	while racing; do
		somebody
		put "$REPLY" "$DRIVER/unbind"
		put "$([ $((RANDOM % 4)) = 0 ] && echo nobody)" "$PROXY/$REPLY/driver_override"
		put "$REPLY" "$DRIVER/bind"
	done
}

drivers() { while racing; do sleep 1; rmmod vbus-echo; rmmod vbus-loopback; modprobe vbus-loopback; modprobe vbus-echo; done; }
readers() { while racing; do cat "$PROXY"/*/* "$PROXY"/*/ping/*; done; }

clean()
{
	local c
	for c in "$SYSV"/instances/race*/clients/*; do
		[ ! -e "$c" ] || put "${c##*/}" "$LOOP/detach"
	done
	[ -z "$(ls "$PROXY")" ]
}

for i in 0 1; do
	bus_create race$i && device_create dev$i echo && link dev$i race$i
done
{
	attaches & attaches & links dev0 & links dev1 & pings & pings & pings & binds & drivers & readers &
	wait
} >/dev/null 2>&1
pass "everything at once"
modprobe vbus-loopback
modprobe vbus-echo
check "all of it can be removed" wait_for 20 clean
rm "$CFG"/instances/race*/dev* 2>/dev/null
link dev0 race0
attach race0
up() { [ -e "$(echo "$PROXY"/*/ping/run)" ]; }
check "a device still comes up" wait_for 10 up
somebody
put 10 "$PROXY/$REPLY/ping/count"
check "and works" put queue "$PROXY/$REPLY/ping/run"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mkdir, rmdir, type, ln, rm, attach, detach, traffic and readers of every file,
# all at the same time and on the same names.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

seconds=${VBUS_FULL:+120}
seconds=${seconds:-15}

vbus_require vbus-hostile vbus-dev-echo
modprobe -q vbus-loopback
modprobe -q vbus-echo
modprobe -q venet-loop
end=$((SECONDS + seconds))

# Everything may fail, nothing may hang or break.
racing() { [ $SECONDS -lt $end ]; }
any() { echo "$1$((RANDOM % $2))"; }

buses() { while racing; do mkdir "$CFG/instances/$(any rb 3)"; rmdir "$CFG/instances/$(any rb 3)"; done; }
devices() { while racing; do mkdir "$CFG/devices/$(any rd 3)"; rmdir "$CFG/devices/$(any rd 3)"; done; }

types()
{
	while racing; do
		put echo "$CFG/devices/$(any rd 3)/type"
		[ $((RANDOM % 4)) != 0 ] || put venet-loop "$CFG/devices/$(any rd 3)/type"
	done
}

links()
{
	local d
	while racing; do
		d=$(any rd 3)
		ln -s "$CFG/devices/$d" "$CFG/instances/$(any rb 3)/$d"
		rm "$CFG/instances/$(any rb 3)/$(any rd 3)"
	done
}

attaches()
{
	local c
	while racing; do
		c=$(any rb 3)
		put "$c" "$SYSV/connectors/$1/attach"
		for c in "$SYSV"/instances/rb*/clients/"$1".*; do
			[ $((RANDOM % 2)) = 0 ] || put "${c##*/}" "$SYSV/connectors/$1/detach"
		done
	done
}

readers()
{
	while racing; do
		find "$SYSV" -type f -exec cat {} +
		cat /sys/kernel/debug/vbus/*/queues "$HOSTILE/clients"
		find "$CFG" -name type -exec cat {} +
	done
}

traffic()
{
	local c
	while racing; do
		for c in "$SYSV"/instances/rb*/clients/hostile.*; do
			put "fresh ${c##*/} port=$((RANDOM % 4))" "$HOSTILE/run"
			put "churn ${c##*/} ms=100 port=$((RANDOM % 4))" "$HOSTILE/run"
		done
	done
}

# Whatever order is needed, a few rounds get there.
clean()
{
	local f
	for f in "$SYSV"/instances/rb*/clients/*; do
		f=${f##*/}
		put "$f" "$SYSV/connectors/${f%%.*}/detach"
	done
	rm "$CFG"/instances/rb*/rd*
	rmdir "$CFG"/instances/rb* "$CFG"/devices/rd*
	[ -z "$(ls -d "$SYSV"/instances/rb* "$SYSV"/devices/rd* "$CFG"/*/r[bd]*)" ]
}

{
	buses & devices & types & links & links & readers & traffic &
	attaches hostile &
	[ ! -d "$SYSV/connectors/loopback" ] || attaches loopback &
	wait
} >/dev/null 2>&1
pass "$seconds seconds of everything at once"
check "all of it can be removed" wait_for 20 clean
bus_create after && device_create after-dev echo && link after-dev after
hostile_client after
attack fresh "$REPLY"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# 256 devices on one bus: making, linking, attaching and opening does not get
# slower with their number, and everything goes again.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

count_devices() { find "$SYSV/instances/b1/devices" -mindepth 1 -maxdepth 1 | wc -l; }
now() { echo "${EPOCHREALTIME/./}"; }

make_devices()
{
	local i
	for ((i = $1; i < $2; i++)); do
		mkdir "$CFG/devices/many$i" && put echo "$CFG/devices/many$i/type" &&
			ln -s "$CFG/devices/many$i" "$CFG/instances/b1" || return
	done
}

remove_devices()
{
	local i
	for ((i = $1; i < $2; i++)); do
		rm "$CFG/instances/b1/many$i" && rmdir "$CFG/devices/many$i" || return
	done
}

# Shortest of a few, in us; the machine may have other things to do.
attach_time()
{
	local i t best=999999999 client
	for i in 1 2 3 4 5 6 7; do
		t=$(now)
		put b1 "$SYSV/connectors/hostile/attach"
		t=$(($(now) - t))
		[ $t -ge $best ] || best=$t
		client=$(clients b1)
		put "$client" "$SYSV/connectors/hostile/detach"
	done
	echo $best
}

vbus_require vbus-hostile vbus-dev-echo
bus_create b1 || exit 1
t0=$(now)
check "the first 16" make_devices 0 16
t1=$(now)
few=$(attach_time)
t2=$(now)
check "240 more" make_devices 16 256
t3=$(now)
many=$(attach_time)
comment "making one of the first 16: $(((t1 - t0) / 16)) us, of 240 more: $(((t3 - t2) / 240)) us"
check "making one takes no longer" [ $(((t3 - t2) / 240)) -lt $((4 * (t1 - t0) / 16)) ]
comment "attach to 16 devices: $few us, to 256: $many us, $(((many - few) / 240)) us for each more"
# A view for each device is made at attach: a little each, not more the more there are.
check "attach costs little for each device" [ $(((many - few) / 240)) -lt 200 ]
check_equal "all are there" 256 "$(count_devices)"
hostile_client b1
attack fresh "$REPLY" port=0
attack fresh "$REPLY" port=255
all_told() { grep -q "^$REPLY devadd 512 " "$HOSTILE/clients"; }
check "every ATTACH announces all of them" wait_for 10 all_told
t0=$(now)
check "all go again, with a client there" remove_devices 0 256
comment "unlinking and removing one: $((($(now) - t0) / 256)) us"
check_equal "none is left" 0 "$(count_devices)"

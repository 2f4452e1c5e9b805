#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A client is told of what comes and goes, once; what came and went unseen it is
# not told of.

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

told() { awk -v c="$1" '$1 == c { print $3, $5, $7 }' "$HOSTILE/clients"; }
is_told() { [ "$(told "$1")" = "$2" ]; }

# wait until told, and then see that no more follows
check_told()
{
	wait_for 5 is_told "$2" "$3"
	sleep 0.2
	check_equal "$1" "$3" "$(told "$2")"
}

vbus_require vbus-hostile
bus_create b1 && device_create d1 echo && device_create d2 echo && link d1 b1 || exit 1
hostile_client b1
c=$REPLY
check_told "nothing before ATTACH" "$c" "0 0 0"
for i in 1 2 3; do
	ln -s "$CFG/devices/d2" "$CFG/instances/b1" && rm "$CFG/instances/b1/d2"
done
attack fresh "$c"
check_told "ATTACH replays what is there, and not what was" "$c" "1 0 0"
ln -s "$CFG/devices/d2" "$CFG/instances/b1"
check_told "a link is announced" "$c" "2 0 0"
rm "$CFG/instances/b1/d2"
check_told "and taken back" "$c" "2 1 0"
attack fresh "$c"
check_told "ATTACH begins anew" "$c" "3 1 0"

# A port that takes one session, wanted by two.
if modprobe -q venet-loop; then
	device_create loop venet-loop && link loop b1
	wait_for 5 is_told "$c" "4 1 0"
	hostile_client b1
	other=$REPLY
	port=$(grep -lx virtual-ethernet "$SYSV"/instances/b1/devices/*/type)
	port=${port%/type}
	port=${port##*/}
	attack_start enet-traffic "$c" "port=$port" ms=60000
	wait_for 5 test -d "$SYSV/instances/b1/clients/$c/ports/$port"
	put clear "$HOSTILE/run"
	put "enet-fresh $other alone=1 port=$port" "$HOSTILE/run"
	check "a taken port is EBUSY" grep -q 'wanted status 0, got 3' "$HOSTILE/result"
	put stop "$HOSTILE/run"
	wait_for 5 sh -c "grep -q '^$other .*available 1' $HOSTILE/clients"
	check_equal "when it is free, the other is told" 1 "$(told "$other" | cut -d ' ' -f 3)"
else
	skip "a taken port is EBUSY" "no device that takes one session"
fi

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# shellcheck disable=SC2046 # lists of options
# A process dies with everything in its hands, or has it taken away: all of it is
# gone in under a second, whatever was going on.
# timeout: 240

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

rounds=50
# Under emulation on a busy machine a second of ours is less than one.
limit=$((1000 * ${VBUS_TIME_FACTOR:-1}))
[ "${VBUS_KERNEL:-}" != debug ] || limit=$((limit * 4))

user_require vbus-dev-echo
bus_create ubus && device_create udev echo && link udev ubus || exit 1
free_before=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)

start()
{
	member_start ubus echo-ping -t 60 -s "$1" "${@:2}" queue >/dev/null 2>&1
	pinger=$REPLY
	wait_for 10 working user.0
}

slowest=0 bad=0
for i in $(seq $rounds); do
	start $((1 + RANDOM * 2 % 65536)) $([ $((i % 2)) = 0 ] && echo -e) || bad=$((bad + 1))
	sleep 0.0$((RANDOM % 10))
	began=$(now_ms)
	kill -9 $pinger
	wait_for 5 off_bus user.0 || bad=$((bad + 1))
	took=$(($(now_ms) - began))
	[ $took -le $slowest ] || slowest=$took
	wait $pinger
done 2>/dev/null
comment "the slowest took $slowest ms"
check_equal "$rounds processes were killed under traffic" 0 $bad
check "each was gone in under a second" [ $slowest -lt $limit ]
check "the device still works" member ubus echo-ping -c 10

slowest=0 bad=0
for i in $(seq 10); do
	start 4096
	under_ms "$limit" put user.0 "$SYSV/connectors/user/detach" || bad=$((bad + 1))
	off_bus user.0 || bad=$((bad + 1))
	wait $pinger && bad=$((bad + 1))
done
check_equal "root detaches it under traffic, 10 times, and the process notices" 0 $bad
check_errno "what is not there cannot be detached" ENOENT put user.0 "$SYSV/connectors/user/detach"

start 65536
check "rm of its link returns in under a second" under_ms "$limit" rm "$CFG/instances/ubus/udev"
check_not "the process notices" wait $pinger
ln -s "$CFG/devices/udev" "$CFG/instances/ubus/udev"

for i in 1 2 3 4; do member ubus echo-ping -t 3 -s 60000 both >/dev/null & done
wait
check "four at once" member ubus echo-ping -c 10
free_after=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
check "no memory stayed pinned" [ $((free_before - free_after)) -lt 30000 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A device's type is written once, is a class, and loads the class's module.

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

vbus_require vbus
rmmod vbus-dev-echo 2>/dev/null
mkdir "$CFG/devices/d" || exit 1
at_exit device_remove d
type=$CFG/devices/d/type
check_equal "no type at first" "" "$(cat "$type")"
check "no device yet" [ ! -e "$SYSV/devices/d" ]
for bad in no-such-class 'echo echo' ../echo 'ech*' .echo "$(printf '%40s' '' | tr ' ' e)" \
	"$(printf '%5000s' '' | tr ' ' e)"; do
	check_errno "class '${bad:0:20}'" ENOENT put "$bad" "$type"
done
check_errno "the empty class" EINVAL put "" "$type"
check_errno "a class with a zero byte" EINVAL bash -c "printf 'echo\\0echo' >$type"
check_equal "still no type" "" "$(cat "$type")"
check "still no device" [ ! -e "$SYSV/devices/d" ]

check "the class's module loads when its name is written" put echo "$type"
check_equal "the type can be read" echo "$(cat "$type")"
check "the class is listed" [ -d "$SYSV/deviceclass/echo" ]
check_equal "the device knows its class" "$SYSV/deviceclass/echo" \
	"$(readlink -f "$SYSV/devices/d/class")"
check_errno "the same type again" EBUSY put echo "$type"
check_errno "another type" EBUSY put no-such-class "$type"
check "the device is still there" [ -d "$SYSV/devices/d/interfaces" ]

# Four writers at a time: one device. And its name is free again as soon as it is removed.
for i in $(seq 20); do
	mkdir "$CFG/devices/race" || break
	writers=()
	for w in 1 2 3 4; do
		put echo "$CFG/devices/race/type" &
		writers+=($!)
	done
	ok=0
	for w in "${writers[@]}"; do wait "$w" && ok=$((ok + 1)); done
	[ $ok = 1 ] || fail "$ok of 4 writers succeeded in round $i"
	rmdir "$CFG/devices/race" || break
done 2>/dev/null
check_equal "four writers at a time make one device, twenty times" 20 "$i"
check_not "no duplicate name was tried" sh -c "dmesg | grep 'duplicate filename'"

check_pinned "the module is pinned" vbus_dev_echo
check "rmdir of a device" rmdir "$CFG/devices/d"
check "its name goes" wait_for 2 test ! -e "$SYSV/devices/d"
check "then the module can go" wait_for 2 rmmod vbus-dev-echo
check "and the class with it" [ ! -e "$SYSV/deviceclass/echo" ]

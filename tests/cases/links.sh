#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# What may be linked onto a bus, what that shows, and what it keeps from going.

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

ids() { find "$SYSV/instances/$1/devices" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tr '\n' ' '; }
snapshot() { find "$SYSV/instances" "$SYSV/devices" "$CFG" | sort; }

# Refused with that error, and nothing else has changed.
check_same()
{
	local name=$1 before
	before=$(snapshot)
	check_errno "$@"
	check_equal "$name: nothing changed" "$before" "$(snapshot)"
}

vbus_require vbus-dev-echo
bus_create b1 && bus_create b2 && device_create d1 echo && device_create d2 echo || exit 1
mkdir "$CFG/devices/typeless"
at_exit rmdir "$CFG/devices/typeless"

check_same "a device without a type" EINVAL ln -s "$CFG/devices/typeless" "$CFG/instances/b1"
check_same "a bus is no device" EINVAL ln -s "$CFG/instances/b2" "$CFG/instances/b1"
check_same "nor is the directory of devices" EINVAL ln -s "$CFG/devices" "$CFG/instances/b1"
check_same "nor is vbus itself" EINVAL ln -s "$CFG" "$CFG/instances/b1/x"
check_not "nor is a file" ln -s "$CFG/devices/d1/type" "$CFG/instances/b1/x"
check_not "nor is something outside configfs" ln -s /tmp "$CFG/instances/b1/x"
check_same "nor is what does not exist" ENOENT ln -s "$CFG/devices/none" "$CFG/instances/b1/x"
if modprobe -q null_blk nr_devices=0 && [ -d "${CFG%/vbus}/nullb" ]; then
	mkdir "${CFG%/vbus}/nullb/foreign"
	check_same "nor is a directory of another subsystem" EINVAL \
		ln -s "${CFG%/vbus}/nullb/foreign" "$CFG/instances/b1"
	rmdir "${CFG%/vbus}/nullb/foreign"
else
	skip "nor is a directory of another subsystem" "no other subsystem here"
fi

check "link" ln -s "$CFG/devices/d1" "$CFG/instances/b1"
check_equal "ids count from 0" "0 " "$(ids b1)"
check_equal "type" echo "$(cat "$SYSV/instances/b1/devices/0/type")"
check_equal "device" "$SYSV/devices/d1" "$(readlink -f "$SYSV/instances/b1/devices/0/device")"
check_equal "interface" "$SYSV/instances/b1/devices/0" \
	"$(readlink -f "$SYSV/devices/d1/interfaces/0")"
check_same "a second link onto the same bus" EBUSY ln -s "$CFG/devices/d1" "$CFG/instances/b1/again"
check_same "a second link onto another bus" EBUSY ln -s "$CFG/devices/d1" "$CFG/instances/b2"
check_same "rmdir of a linked device" EBUSY rmdir "$CFG/devices/d1"
check_same "rmdir of a bus with links" EBUSY rmdir "$CFG/instances/b1"
check_pinned "rmmod of the class" vbus_dev_echo
check_pinned "rmmod of vbus" vbus

check "link another" ln -s "$CFG/devices/d2" "$CFG/instances/b1"
check_equal "it has the next id" "0 1 " "$(ids b1)"
check "unlink the first" rm "$CFG/instances/b1/d1"
check_equal "the other keeps its id" "1 " "$(ids b1)"
check_same "rmdir of a bus that still has a link" EBUSY rmdir "$CFG/instances/b1"
check "link it again" ln -s "$CFG/devices/d1" "$CFG/instances/b1"
check_equal "ids are not used again" "1 2 " "$(ids b1)"
rm "$CFG/instances/b1/d1" "$CFG/instances/b1/d2"
check_equal "no links" "" "$(ids b1)"
for i in $(seq 20); do
	ln -s "$CFG/devices/d1" "$CFG/instances/b1" && rm "$CFG/instances/b1/d1"
done
ln -s "$CFG/devices/d1" "$CFG/instances/b1"
check_equal "nor after twenty more" "23 " "$(ids b1)"
check "a device moves to another bus" sh -c \
	"rm $CFG/instances/b1/d1 && ln -s $CFG/devices/d1 $CFG/instances/b2/moved"
check_equal "with the ids of that bus" "0 " "$(ids b2)"
rm "$CFG/instances/b2/moved"

check "rmdir of a bus without links" rmdir "$CFG/instances/b1"
check "it is gone" [ ! -e "$SYSV/instances/b1" ]
mkdir "$CFG/instances/b1"
ln -s "$CFG/devices/d1" "$CFG/instances/b1"
check_equal "a new bus of the same name begins anew" "0 " "$(ids b1)"
rm "$CFG/instances/b1/d1"

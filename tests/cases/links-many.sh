#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# A class may allow its devices more than one link: the n-th shows port n.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

entries() { find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tr '\n' ' '; }
interfaces() { entries "$SYSV/devices/$1/interfaces"; }

vbus_require venet-loop
bus_create b1 && bus_create b2 && device_create loop venet-loop || exit 1
check "first link" ln -s "$CFG/devices/loop" "$CFG/instances/b1"
check_equal "shows port 0" "0 " "$(interfaces loop)"
check "second link, another bus" ln -s "$CFG/devices/loop" "$CFG/instances/b2"
check_equal "shows port 1" "0 1 " "$(interfaces loop)"
check_errno "a third" EBUSY ln -s "$CFG/devices/loop" "$CFG/instances/b2/third"
check "the first goes" rm "$CFG/instances/b1/loop"
check_equal "port 1 stays" "1 " "$(interfaces loop)"
check_errno "rmdir with one link left" EBUSY rmdir "$CFG/devices/loop"
check "link again, the same bus" ln -s "$CFG/devices/loop" "$CFG/instances/b2/first"
check_equal "shows port 0" "0 1 " "$(interfaces loop)"
check_equal "each has its own id" "0 1 " "$(entries "$SYSV/instances/b2/devices")"
rm "$CFG/instances/b2/first" "$CFG/instances/b2/loop"
check_equal "none left" "" "$(interfaces loop)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Root says for each bus which of its members may open /dev/vbus.

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

as() { member "$1" setpriv --reuid "$2" --regid "$3" --clear-groups echo-ping -c 1 call; }

user_require vbus-dev-echo
bus_create ubus && device_create udev echo && link udev ubus || exit 1
bus_create other && device_create odev echo && link odev other || exit 1
U=$SYSV/instances/ubus/user

check_equal "every member may" "0666 0 0" "$(cat "$U/mode" "$U/uid" "$U/gid" | xargs)"
check "an unprivileged one, for example" as ubus 65534 65534
put 0660 "$U/mode"
put 1000 "$U/gid"
check_errno "not the others" EACCES as ubus 65534 65534
check "but the group" as ubus 65534 1000
check "and root" member ubus echo-ping -c 1 call
put 0600 "$U/mode"
put 1234 "$U/uid"
check_errno "not the group" EACCES as ubus 65534 1000
check "but the owner" as ubus 1234 65534
put 0060 "$U/mode"
check_errno "not the owner" EACCES as ubus 1234 1000
check "other buses have their own" as other 65534 65534
check_errno "what cannot be granted is refused" EINVAL put 0777 "$U/mode"
check_errno "so is what is no mode" EINVAL put rw "$U/mode"
check_errno "what is no user" EINVAL put -1 "$U/uid"
check_errno "what is no group" EINVAL put me "$U/gid"
check_equal "and nothing has changed" "0060 1234 1000" "$(cat "$U/mode" "$U/uid" "$U/gid" | xargs)"
check_not "only root sets it" setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "echo 0666 >$U/mode"

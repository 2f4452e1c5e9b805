#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A process drives an echo device: calls, queues, both kinds of doorbells; what
# it sees of the bus, and what the administrator sees of it.

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

user_require vbus-dev-echo
bus_create ubus && device_create udev echo && link udev ubus || exit 1

check_errno "without a bus it cannot be opened" EPERM echo-ping
for size in 1 7 64 4096; do
	check "calls of $size bytes" member ubus echo-ping -s $size -c 100 call
done
for size in 1 7 2048 4097 65536; do
	check "queue round trips of $size bytes" member ubus echo-ping -s $size -c 50 queue
done
check "doorbells by eventfd" member ubus echo-ping -e -c 100 queue
check "without any privilege" nobody ubus echo-ping -c 10

member_start ubus echo-ping -t 30 queue
pinger=$REPLY
check "the client is on the bus" wait_for 5 on_bus user.0
check "its traffic is seen" wait_for 5 working user.0
check_errno "a bus in use is not removed" EBUSY rmdir "$CFG/instances/ubus"
check_not "neither is the module" rmmod vbus-user
check "there is room for another" member ubus echo-ping -c 1
check_equal "which is gone again" "user.0" "$(clients ubus)"
check_equal "no doorbell was missed" 0 "$(client_count ubus missed)"
check_equal "no descriptor was bad" 0 "$(client_count ubus bad)"
kill $pinger
wait $pinger 2>/dev/null
check "it ends with the process" wait_for 1 off_bus user.0

rm "$CFG/instances/ubus/udev"
check_not "no device, no ping" member ubus timeout 20 echo-ping -c 1
ln -s "$CFG/devices/udev" "$CFG/instances/ubus/udev"
check "it is back under a new id" member ubus echo-ping -c 1

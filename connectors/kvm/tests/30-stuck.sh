#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 300
# Guests that do not cooperate: the administrator does not wait for them.
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

guest_require
did "guests with traffic" guest_pair

# quick NAME COMMAND...: in less than a second
quick()
{
	local name=$1 began=${EPOCHREALTIME/./}
	shift
	check "$name" "$@"
	check "$name: in less than a second" test $((${EPOCHREALTIME/./} - began)) -lt 1000000
}

guest_run client '(ping -i 0.01 10.90.0.2 >/dev/null 2>&1 &)'
guest_pid client
kill -STOP "$REPLY"
quick "the link of a stopped guest goes" unlink_device client-dev client-bus
quick "its device, too" device_remove client-dev
guest_pid client
kill -CONT "$REPLY"
check "the guest finds it gone" guest_wait client 10 '! test -e /sys/class/net/vbus0'
device_create client-dev venet-tap && enable client-dev
host_netdev client-dev
ip link set "$REPLY" master vbr0 up
did "and a new one" link client-dev client-bus
check "which it can use" guest_net client 10.90.0.1/24
check "like the first" guest_wait client 10 'ping -c 1 -W 1 10.90.0.2'

guest_run server 'rmmod vbus-enet vbus-pci'
quick "the link of a guest without drivers goes" unlink_device server-dev server-bus
guest_run client '(ping -i 0.01 10.90.0.2 >/dev/null 2>&1 &)'
guest_kill client
quick "the device of a guest killed in traffic goes" unlink_device client-dev client-bus
guest_kill server
check "no clients are left" wait_for 15 no_clients client-bus server-bus

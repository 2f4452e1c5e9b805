#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory runs out in the middle of verbs, on either side: attach, and all that a
# driver does when it is bound (open, queues, shared memory, calls, close).
# timeout: 300
# kernels: debug

# shellcheck source=tests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

faults_require vbus-loopback vbus-dev-echo vbus-echo venet-loop vbus-enet

drivers=/sys/bus/vbus-proxy/drivers
attach=$SYSV/connectors/loopback/attach
detach=$SYSV/connectors/loopback/detach

bus_create fb && device_create fecho echo && device_create fwire venet-loop || exit 1
link fecho fb && link fwire fb && enable fwire || exit 1

rmmod vbus-echo vbus-enet
check_faults "attach" "write:$attach:fb" "write:$detach:loopback.0"
at_exit put loopback.0 "$detach"
proxy loopback.0 0 && proxy loopback.0 1 || exit 1
modprobe vbus-echo
modprobe vbus-enet
wait_netdev loopback.0 1

# Without memory register_netdev() can say other things, too. EINVAL (22): it does not look at what
# dev_set_name() answers, and device_add() wants a name. ENOBUFS (105): IP's files in /proc/sys.
for port in "vbus-echo loopback.0:0" "vbus-enet loopback.0:1 22 105"; do
	read -r driver port errnos <<<"$port"
	d=$drivers/$driver
	put "$port" "$d/unbind"
	# shellcheck disable=SC2086 # several words
	check_faults "binding $driver" "write:$d/bind:$port" "write:$d/unbind:$port" $errnos
done
ping=$PROXY/loopback.0:0/ping
put 4 "$ping/count" && put 64 "$ping/size" || exit 1
check "a call goes through" put call "$ping/run"

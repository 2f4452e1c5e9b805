#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nested
# timeout: 400
# Two guests on two buses: traffic through the bridge, devices come and go while
# they run, and the modules are free afterwards.
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

guest_require
client_dir() { ls -d "$SYSV/instances/$1"/clients/*; }
vectors() { guest_run "$1" "grep -c 'vbus-pci.0-' /proc/interrupts"; }
rejected() { ! rmmod vbus-kvm; }

did "two guests reach each other" guest_pair
check "large packets" guest_run client 'ping -c 20 -i 0.1 -s 1400 -W 2 -q 10.90.0.2'
check "and back" guest_run server 'ping -c 20 -i 0.1 -W 2 -q 10.90.0.1'
guest_run server 'iperf3 -s -D'
check "TCP" guest_run client 'iperf3 -c 10.90.0.2 -n 4M'
check "TCP the other way" guest_run client 'iperf3 -c 10.90.0.2 -n 4M -R'
check "lspci shows the function" guest_run client "lspci -n | grep -i f055:5642"
check "vectors have names" test "$(vectors client)" -ge 3
check "the client is visible" client_dir client-bus
check_equal "no doorbell was missed" 0 "$(client_count client-bus missed)"
check "a module in use stays" rejected

device_create more venet-tap && enable more
did "a link into the bus" link more client-bus
check "the device appears in the guest" guest_wait client 10 'test -e /sys/class/net/vbus1'
check_not "and not in the other" guest_run server 'test -e /sys/class/net/vbus1'
began=${EPOCHREALTIME/./}
check "the link goes" unlink_device more client-bus
check "in less than a second" test $((${EPOCHREALTIME/./} - began)) -lt 1000000
check "and the device goes from the guest" guest_wait client 10 '! test -e /sys/class/net/vbus1'
check "the first one still works" guest_run client 'ping -c 3 -i 0.2 -W 2 -q 10.90.0.2'

guest_kill client
check "the client is gone after kill -9" wait_for 15 no_clients client-bus
check "the other guest does not notice" guest_run server 'ip link show vbus0 | grep -q UP'
guest_stop server
check "the last client is gone" wait_for 15 no_clients server-bus
check "the module can be removed" wait_for 5 rmmod vbus-kvm
modprobe vbus-kvm

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# A process sends and receives Ethernet frames through a venet-tap.

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

user_require venet-tap
command -v enet-ping >/dev/null || skip_all "program enet-ping is not installed"
bus_create ubus && device_create utap venet-tap && link utap ubus && enable utap || exit 1
host_netdev utap
tap=$REPLY
namespace uns && move_netdev "$tap" uns 10.93.0.1/24 || exit 1

check "it pings the host's end" member ubus enet-ping -c 20 -t 30 10.93.0.2 10.93.0.1
check "with full frames, too" member ubus enet-ping -c 20 -s 1472 -t 30 10.93.0.2 10.93.0.1
check "without privilege" nobody ubus enet-ping -c 5 -t 30 10.93.0.2 10.93.0.1

member_start ubus enet-ping -t 40 10.93.0.2
answering=$REPLY
check "it answers ping" wait_for 10 in_ns uns ping -c 1 -W 1 10.93.0.2
check "a thousand of them" in_ns uns ping -q -f -c 1000 -W 1 10.93.0.2
check "large ones" in_ns uns ping -q -c 10 -i 0.1 -s 1472 -W 1 10.93.0.2
check_equal "no descriptor was bad" 0 "$(client_count ubus bad)"
check_not "the port is taken" member ubus enet-ping -c 1 -t 10 10.93.0.3 10.93.0.1
kill -9 $answering
wait $answering 2>/dev/null
check "it is free when the process is dead" member ubus enet-ping -c 5 -t 30 10.93.0.2 10.93.0.1

member_start ubus enet-ping -t 60 10.93.0.2
answering=$REPLY
wait_for 10 in_ns uns ping -c 1 -W 1 10.93.0.2
in_ns uns ping -q -f -c 100000 -w 3 10.93.0.2 >/dev/null &
sleep 1
check "root takes it away under traffic" put user.0 "$SYSV/connectors/user/detach"
check_not "the process notices" wait $answering
wait

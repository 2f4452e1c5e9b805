#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# The same lies, with the machine's own network stack at the other end: the
# device's interface in a bridge, with a veth that takes what comes.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

n=${VBUS_FULL:+100000}
vbus_require venet-tap
command -v ip >/dev/null || skip_all "no ip"
hostile_setup venet-tap
enable hdev || exit 1
bridge_create hbr0 || skip_all "no bridges"
host_netdev hdev
nic=$REPLY
ip link set "$nic" master hbr0 up
ip link add hveth0 type veth peer name hveth1 || skip_all "no veth"
at_exit ip link del hveth0
ip link set hveth0 master hbr0 up
ip link set hveth1 up
hostile_each hbus "enet-verbs alone=1" "enet-packets alone=1" "enet-credit alone=1" \
	"enet-random alone=1 n=${n:-3000} seed=1" "enet-random alone=1 n=${n:-3000} seed=2" \
	"random n=2000" "enet-fresh alone=1"
check "the machine's interface is still there" ip link show "$nic"
hostile_end

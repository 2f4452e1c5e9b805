#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# NAPI's own way to spare interrupts (napi_defer_hard_irqs, gro_flush_timeout) works for vbus-enet: its timer
# looks for packets, and only when it found none so many times is an interrupt asked for.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

vbus_require vbus-loopback
bus_create defer && device_create nic venet-tap && link nic defer && attr nic queues 1 && enable nic || exit 1
host_netdev nic
namespace far && move_netdev "$REPLY" far 10.96.0.1/24
attach defer && client=$REPLY && wait_netdev "$client" || exit 1
nic=$REPLY
ip addr add 10.96.0.2/24 dev "$nic" && ip link set "$nic" up
check "the host is there" wait_for 10 ping -c 1 -W 1 10.96.0.1
ip netns exec far pingpong server 5000 0 &
at_exit kill $!

# defer LOOKS NS
defer() { echo "$1" >"/sys/class/net/$nic/napi_defer_hard_irqs" && echo "$2" >"/sys/class/net/$nic/gro_flush_timeout"; }
# round_trips [BUSY]: interrupts for a thousand of them, in $REPLY; the socket polls for so many microseconds
round_trips()
{
	local before
	before=$(client_count defer interrupts)
	pingpong 10.96.0.1 5000 "${1:-0}" 1000 >/dev/null || return
	REPLY=$(($(client_count defer interrupts) - before))
}

did "round trips" round_trips
usual=$REPLY
check "each has its interrupt" test "$usual" -ge 750
check "looks can be chosen" defer 200 100000
did "round trips with looks" round_trips
comment "a thousand round trips took $usual interrupts, and $REPLY if they are deferred"
check "have hardly any" test "$REPLY" -le $((usual / 5))
sleep 0.2
did "after a rest that no look lasts through" round_trips
check "there are hardly any, too" test "$REPLY" -le $((usual / 5))
check "looks can be switched off" defer 0 0
did "round trips as ever" round_trips
check "each has its interrupt again" test "$REPLY" -ge 750

# Whichever of the two changes while packets come, none waits for an interrupt that was not asked for: a
# round trip that takes two seconds is an error. Nor does an interface that went and came back meanwhile.
toggle() { while :; do defer 3 50000; defer 0 50000; defer 2 0; defer 0 0; done; }
toggle 2>/dev/null &
at_exit kill $!
for i in 1 2 3; do
	did "round trips while it changes ($i)" round_trips
	did "with a socket that polls" round_trips 200
	ip link set "$nic" down
	ip link set "$nic" up
	check "the interface comes back" wait_for 10 ping -c 1 -W 1 10.96.0.1
done
check_equal "nothing was bad" 0 "$(client_count defer bad)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets and TCP over venet, beside a veth pair and a process between two taps, one after the
# other in each round. Both directions.
# usage: net.sh ROUNDS

# shellcheck source=tests/bench/guest/lib.sh
. "$(dirname "$0")/lib.sh"

ROUNDS=${1:-5}
COUNT=${COUNT:-60000}
PATHS='veth:a veth:b tap:a tap:b loop:a loop:b user:a'

run_pktgen()
{
	local kind=${1%:*} end=${1#*:} doorbells interrupts
	doorbells=$(vcount doorbells) interrupts=$(vcount interrupts)
	pktgen "$kind" "$end" "$COUNT" 64 || return
	doorbells=$(($(vcount doorbells) - doorbells)) interrupts=$(($(vcount interrupts) - interrupts))
	record "pktgen $1 ns" $((GOT ? SENT_NS / GOT : 0))
	record "pktgen $1 lost" $((COUNT - GOT))
	record "pktgen $1 doorbells" $doorbells
	record "pktgen $1 interrupts" $interrupts
}

run_tcp()
{
	tcp "${1%:*}" "${1#*:}" 2 || return
	record "tcp $1 mbits" "$MBITS"
}

vbus_require venet-tap vbus-enet vbus-loopback pktgen veth tun
for kind in veth tap loop user; do
	wire_up $kind || { fail "$kind: the wire works"; exit 1; }
done
for ((round = 0; round < ROUNDS; round++)); do
	for path in $PATHS; do run_tcp "$path" || fail "$path: TCP"; done
done
for kind in veth tap loop user; do
	sink $kind a && sink $kind b || fail "$kind: the sink"
done
for ((round = 0; round < ROUNDS; round++)); do
	for path in $PATHS; do run_pktgen "$path" || fail "$path: pktgen"; done
done
pass "all rounds were run"

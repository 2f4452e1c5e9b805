#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# Clients are detached and links removed in the middle of everything a driver
# side can be doing.  Both return soon, and what comes after works.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

# Under emulation on a busy machine; the debug kernel is slower still.
bound=1000
[ "${VBUS_KERNEL:-}" != debug ] || bound=5000

# timed COMMAND...: runs it and keeps the longest time in $worst
worst=0
timed()
{
	local began=${EPOCHREALTIME/./} took
	"$@" || return
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	[ $took -le $worst ] || worst=$took
}

detach_amid()
{
	local job=$1 rounds=$2 i
	worst=0
	for ((i = 0; i < rounds; i++)); do
		hostile_client || return
		attack_start "${job%% *}" "$REPLY" "${job#* }" || return
		sleep 0.0$((i % 10))
		timed hostile_detach "$REPLY" || return
	done
}

unlink_amid()
{
	local rounds=$1 i
	worst=0
	for ((i = 0; i < rounds; i++)); do
		sleep 0.0$((i % 10))
		timed unlink_device hdev hbus || return
		ln -s "$CFG/devices/hdev" "$CFG/instances/hbus" || return
	done
}

hostile_setup echo
for job in "traffic ms=60000" "storm ms=60000" "churn ms=60000" "random n=100000" \
	"all-garbage ms=60000"; do
	check "detach amid ${job%% *}" detach_amid "$job" 6
	check "the longest took $worst ms" [ $worst -le $bound ]
	put stop "$HOSTILE/run"
	put clear "$HOSTILE/run"
done
attack_start witness "$(clients witness-bus)" ms=600000

hostile_client
attack_start traffic "$REPLY" ms=600000
traffic=$REPLY
# The port's number is a new one each time: traffic on it ends with the first.
check "remove the link amid traffic" unlink_amid 1
for ((i = 0; i < 10; i++)); do
	port=$(ls "$SYSV/instances/hbus/devices")
	hostile_client
	attack_start traffic "$REPLY" "port=$port" ms=600000
	attack_start churn "$REPLY" "port=$port" ms=600000
	sleep 0.05
	unlink_amid 1 || fail "round $i"
	[ $worst -le $bound ] || fail "round $i: rm took $worst ms"
done
pass "remove the link amid traffic and verbs"
port=$(ls "$SYSV/instances/hbus/devices")
hostile_end
attack fresh "$traffic" "port=$port"
attack fresh "$(clients witness-bus)"

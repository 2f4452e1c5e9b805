#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A modelled link: beside a chassis whose modules were built with VBUS_LINK_MODEL=y, for
# tests/bench/agent/run. See connectors/agent/model.c for what the numbers mean.
# PARTS="dma tcp" (both)
set -u

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../lib/board.sh"
# shellcheck source=tests/lib/agent-counts.sh
. "$(dirname "$0")/../../lib/agent-counts.sh"

TD=/sys/kernel/debug/vbus-testdma
LINK=0000:00:10.0 WINDOW=0000:00:11.0
PARAM=/sys/module/vbus_link/parameters/model

record() { printf '%s\t%s\n' "$1" "$2" | tee -a "$RESULTS"; }
fail() { echo "$*"; exit 1; }

# What processors' writes cannot exceed, and what an engine makes, in MB/s.
declare -A RATE=([pci]=60 [pcie]=0) ENGINE=([pci]=60 [pcie]=1000)

both() { master "$1" && board 0 "$1"; }
# model LINK SLOWER [SLACK_US]: on both machines; and how fast the engine is
model()
{
	local kib=0
	if [ "$1" = none ]; then
		both "echo 0 >${PARAM}_slower"
	else
		both "echo ${RATE[$1]} >${PARAM}_rate; echo ${3:-0} >${PARAM}_slack_us; echo $2 >${PARAM}_slower"
		kib=$((1024 * 1000 * $2 / ENGINE[$1]))
	fi
	master "if [ -e $TD ]; then echo $kib >$TD/kib_ns; fi"
}

# ---- DMA: an echo device's requests

# The engine is measured when a board is attached.
rebind()
{
	master "echo $LINK >/sys/bus/pci/drivers/vbus-link-ivshmem/unbind; echo $LINK >/sys/bus/pci/drivers/vbus-link-ivshmem/bind
		echo 3000 >$(link_dir 0)/heartbeat_timeout; echo bus0 >$(link_dir 0)/bus"
	wait_for 60 echo_there 0 && engine_is_ready
}

engine_is_ready() { [ "$(link_get 0 dma/state)" = ready ]; }

# trip LINK SLOWER SIZE READ WRITE: who copies is "cpu" or "dma"
trip()
{
	local link=$1 slower=$2 size=$3 ns
	declare -A min=([cpu]=never [dma]=64)
	wait_for 70 engine_is_ready || fail "the engine is not ready"
	master "cd $(link_dir 0)/dma && echo ${min[$4]} >read_min; echo ${min[$5]} >write_min; echo 100 >timeout_ms"
	ping_board 0 queue 5 "$size" >/dev/null || fail "no round trip of $size bytes"
	ns=$(board 0 'cat /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping/median_ns')
	record "dma $link $size $4 $5" $((ns / slower))
}

measure_dma()
{
	local link=$1 slower=$2 size read write
	# What takes longer than 4 ms for 4 KiB is not told apart when thresholds are measured.
	model "$link" 4
	rebind || fail "the board does not come back, or its engine is of no use"
	for size in read_min write_min; do record "dma $link $size" "$(link_get 0 dma/$size)"; done
	model "$link" "$slower"
	for size in 1500 65536; do
		for read in cpu dma; do
			for write in cpu dma; do trip "$link" "$slower" $size $read $write; done
		done
	done
	model none 1
	master "echo auto >$(link_dir 0)/dma/read_min; echo auto >$(link_dir 0)/dma/write_min"
}

part_dma()
{
	local window
	echo_board 0 >/dev/null || fail "no echo device"
	window=$(master "set -- \$(sed -n 3p /sys/bus/pci/devices/$WINDOW/resource); echo \$((\$1)),\$((\$2 - \$1 + 1))")
	master "modprobe vbus-testdma window=$window" || fail "no DMA engine"
	measure_dma none 1
	measure_dma pci 32
	measure_dma pcie 32
	bus_for 0 ""
	master "echo $LINK >/sys/bus/pci/drivers/vbus-link-ivshmem/unbind; rmmod vbus-testdma
		echo $LINK >/sys/bus/pci/drivers/vbus-link-ivshmem/bind; echo 3000 >$(link_dir 0)/heartbeat_timeout"
}

# ---- TCP: no engine, since the board has none

# tcp SECONDS: MB/s as the model has them, if the link is as many times slower as $2 says
tcp()
{
	local mbits
	# Its server may still be busy with the end of the last one.
	for _ in 1 2 3 4 5; do
		mbits=$(board 0 "nuttcp -T $1 10.93.0.1" 120 | sed -n 's/.* \([0-9.]*[1-9][0-9.]*\) Mbps.*/\1/p')
		[ -z "$mbits" ] || break
		sleep 2
	done
	awk -v m="${mbits:-0}" -v n="$2" 'BEGIN { printf "%.2f", m / 8 * n }'
}

measure_tcp()
{
	local link=$1 slower=$2 slower_reading=$3 wire
	# A posted write of 64 bytes takes 0.1 us.
	wire=640
	[ "${RATE[$link]}" = 0 ] || wire=${RATE[$link]}
	record "tcp $link wire" "$wire"
	for _ in 1 2 3; do
		model "$link" "$slower" $SLACK
		record "tcp $link pushed" "$(tcp 5 "$slower")"
		model none 1
	done
	reading Y
	for _ in 1 2 3; do
		model "$link" "$slower_reading" $SLACK
		record "tcp $link reading" "$(tcp 5 "$slower_reading")"
		model none 1
	done
	reading N
}

# Emulated machines do not run all the time: what they are late with is made up for.
SLACK=100000

# Queues have an inbox from when the interface goes up.
reading()
{
	board 0 "echo $1 >${PARAM}_naive; ip link set vbus0 down; ip link set vbus0 up; sleep 1"
	wait_for 20 board 0 'ping -q -c 1 -W 2 10.93.0.1' >/dev/null || fail "the board does not ping the master"
}

part_tcp()
{
	counts_nic >/dev/null || fail "no network interface"
	master 'nuttcp -S'
	wait_for 20 master "grep -q ':1388 ' /proc/net/tcp*" >/dev/null || fail "nuttcp does not listen"
	record "tcp as emulated" "$(tcp 5 1)"
	measure_tcp pci 20 4
	measure_tcp pcie 200 4
}

board_require 1
both "test -e ${PARAM}_slower" || fail "the modules have no model"
for part in ${PARTS:-dma tcp}; do
	case $part in dma|tcp) "part_$part" ;; esac
done
check "all was measured" true

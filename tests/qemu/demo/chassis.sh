#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs beside a chassis (tests/qemu/chassis): an x86 master and two big-endian PowerPC boards, which
# get a network interface and a console from it, and talk to each other and to what is behind it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source=tests/lib/board.sh
. "$top/tests/lib/board.sh" >/dev/null
# shellcheck source=tests/qemu/demo/lib.sh
. "$here/lib.sh"
work=$(mktemp -d)
# No test: no plan at the end.
trap 'rm -rf "$work"' EXIT
seconds=${DEMO_SECONDS:-5}

# shown NAME COMMAND...: its output, indented, below what it is
shown()
{
	echo "$1" | sed 's/^[[:space:]]\+/        /'
	shift
	"$@" | sed 's/^/  /'
	return "${PIPESTATUS[0]}"
}

on_board() { shown "board$1# $2" board "$1" "$2"; }
on_master() { shown "master# $1" master "$1"; }

# pinged FROM ADDRESS [BYTES]
pinged() { on_board "$1" "ping -q -A -c 100 -s ${3:-56} $2" || die "no answer from $2"; }

boards_up()
{
	local n
	for n in 0 1; do
		on_board $n 'uname -srm; echo "the bytes 1 2 are the number $(printf "\001\002" | od -x | awk "NR == 1 { print \$2 }")"'
		# An emulated machine may stand still for a second.
		on_board $n 'modprobe vbus-link heartbeat_timeout=3000' || die "no vbus-link"
		on_board $n 'modprobe -a vbus-board vbus-link-ivshmem vbus-enet vbus-console' || die "a module is missing"
		wait_for 30 state_is $n up || die "board $n does not come up"
		wait_for 20 board $n 'ls -d /sys/class/net/vbus0 /sys/class/tty/ttyVC0' || die "board $n has no devices"
		on_board $n "ip addr add 10.0.0.1$n/24 dev vbus0; ip link set vbus0 up; ip route add default via 10.0.0.254" ||
			die "board $n takes no address"
	done
}

# Its answers come over the backplane: ttyVB<n> is on the master, ttyVC0 on the board.
console()
{
	local tty
	tty=$(master "cat /sys/vbus/devices/board$1-con/tty")
	echo "board$1# getty -L 0 ttyVC0 vt100"
	board "$1" '(while :; do getty -L 0 ttyVC0 vt100; done) </dev/null >/dev/null 2>&1 &' >/dev/null
	echo "master# (a terminal on /dev/$tty)"
	master "bash tests/qemu/demo/terminal.sh /dev/$tty 'uname -nm' \
		'grep ^cpu /proc/cpuinfo' 'readlink /sys/class/tty/ttyVC0/device/driver'" >"$work/screen" ||
		{ cat "$work/screen"; die "no login on board $1"; }
	cat -s "$work/screen" | sed 's/^/  /'
	grep -qx "board$1 ppc" "$work/screen" || die "that was not board $1"
}

# traffic FROM ADDRESS [-r]: TCP for a few seconds, with -r the other way round
# Who sends waits 20 ms until the other one listens for the data, which a busy machine may not do by
# then. That one goes on waiting, so another attempt has another port.
traffic()
{
	local port
	for port in 5101 5102 5103 failed; do
		[ $port != failed ] || die "nuttcp failed"
		on_board "$1" "nuttcp ${3:-} -p $port -T $seconds $2" >"$work/traffic" && break
		cat "$work/traffic"
		grep -q 'Connection refused' "$work/traffic" || die "nuttcp failed"
		sleep 1
	done
	cat "$work/traffic"
	grep -qE '[1-9][0-9.]* Mbps' "$work/traffic" || die "nothing has arrived"
}

# A server says that it has begun before it listens, at port 5000.
nuttcp_is_up() { "$@" "grep -q ':1388 ' /proc/net/tcp*"; }
in_world() { master "ip netns exec world $1"; }

# What stands for the rest of the world: behind the master, which routes, in a network of its own.
world()
{
	on_master 'ip netns add world
		ip link add to-world type veth peer name eth0 netns world
		ip addr add 192.0.2.1/24 dev to-world; ip link set to-world up
		ip -n world addr add 192.0.2.2/24 dev eth0; ip -n world link set eth0 up
		ip -n world route add default via 192.0.2.1; sysctl -qw net.ipv4.ip_forward=1' || die "no world"
	in_world 'nuttcp -S' || die "no nuttcp in the world"
	wait_for 20 nuttcp_is_up in_world || die "nuttcp in the world does not listen"
}

numbers() { master '. tests/qemu/demo/lib.sh; counters /sys/bus/pci/devices/*/vbus/' >"$work/$1"; }

title "the administrator's script on the master"
sed 's/^/  /' "$here/backplane.sh"
master 'bash tests/qemu/demo/backplane.sh' || die "it fails"

title "two PowerPC boards"
boards_up

title "topology, seen by the administrator"
on_master 'vbusctl tree' || die "no vbusctl"

numbers before
title "the boards' consoles, through vbus"
console 0
console 1

title "from board to board, through the master's bridge"
wait_for 20 board 1 'ping -c 1 -W 1 10.0.0.10' || die "board 0 does not answer"
pinged 1 10.0.0.10
pinged 0 10.0.0.11 1400
on_board 0 'nuttcp -S' || die "no nuttcp"
wait_for 20 nuttcp_is_up board 0 || die "nuttcp does not listen"
traffic 1 10.0.0.10
traffic 1 10.0.0.10 -r

title "from a board to the world: a network namespace on the master; no packet leaves this machine"
world
wait_for 20 board 0 'ping -c 1 -W 1 192.0.2.2' || die "the world does not answer"
pinged 0 192.0.2.2
traffic 0 192.0.2.2
numbers after

title "counters that moved"
moved "$work/before" "$work/after" >"$work/moved"
cat "$work/moved"
for n in 0 1; do
	for what in "clients/.*/packets" "clients/.*/bytes"; do
		grep -q "board$n-bus/$what " "$work/moved" || die "board $n: $what did not move"
	done
done

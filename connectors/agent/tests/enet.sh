#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# A board is a host in the master's bridge, and so are two boards for each other. While packets
# flow, nothing is read across the link but by a ring that goes idle.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

board_require "${CHASSIS_BOARDS:-1}"

# enet_board N: a bus with a network device in the bridge, and the board's interface
enet_board()
{
	make_bus "net$1" && make_device "nic$1" venet-tap && link_device "nic$1" "net$1" || return
	at_exit master "echo 0 >/sys/vbus/devices/nic$1/enabled"
	master "echo 1 >/sys/vbus/devices/nic$1/enabled
		ip link set \$(cat /sys/vbus/devices/nic$1/ifname) master vbr0 up" || return
	at_exit bus_for "$1" ""
	bus_for "$1" "net$1"
	wait_for 20 board "$1" "ls /sys/bus/vbus-proxy/drivers/vbus-enet/*/net/vbus0" || return
	board "$1" "ip addr add 10.91.0.$((10 + $1))/24 dev vbus0; ip link set vbus0 up"
}

count() { link_get "$1" "$2"; }
board_count() { board "$1" "cat $board_dir/$2"; }
pings() { board "$1" "ping -q -A -c $3 -s $4 -W 2 $2" 120; }

master 'modprobe -a venet-tap bridge; ip link add vbr0 type bridge forward_delay 0
	ip addr add 10.91.0.1/24 dev vbr0; ip link set vbr0 up' >/dev/null
at_exit master 'ip link del vbr0'
did "the board's interface is there" enet_board 0
check "it pings the master" wait_for 10 pings 0 10.91.0.1 1 56
for size in 1 56 300 1400; do
	check "pings of $size bytes" pings 0 10.91.0.1 20 $size
done
before=$(count 0 reads) board_before=$(board_count 0 reads)
check "500 pings of 1000 bytes" pings 0 10.91.0.1 500 1000
rings=$(($(count 0 ring_reads) + $(board_count 0 ring_reads)))
check "500 pings of 56 bytes" pings 0 10.91.0.1 500 56
check_equal "the master has read no payload across" "$before" "$(count 0 reads)"
check_equal "nor has the board" "$board_before" "$(board_count 0 reads)"
rings=$(($(count 0 ring_reads) + $(board_count 0 ring_reads) - rings))
# A ping is two packets, and for each of them either side may go idle; a few others come by.
check "a ring reads at most when it goes idle ($rings times)" test "$rings" -le 2100
check "a file goes over TCP whole" board 0 "dd if=/dev/urandom of=/tmp/f bs=64k count=16 2>/dev/null; md5sum </tmp/f >/tmp/s"
master "rm -f /tmp/f; (sleep 40 | busybox nc -l -p 5000 >/tmp/f &) ; sleep 1"
board 0 "nc 10.91.0.1 5000 </tmp/f; true" 60 >/dev/null
sum=$(board 0 "cat /tmp/s")
check "and its sum is the same" wait_for 10 master "[ \"\$(md5sum </tmp/f)\" = \"$sum\" ]"
if [ "${CHASSIS_BOARDS:-1}" -gt 1 ]; then
	did "the second board's interface is there" enet_board 1
	check "boards ping each other" wait_for 10 pings 0 10.91.0.11 3 1000
	check "and the other way round" pings 1 10.91.0.10 20 1400
fi
check "its device is taken off the bus" master 'rm /config/vbus/instances/net0/nic0'
check "and its interface goes" wait_for 10 board 0 '! ls /sys/class/net/vbus0'
comment "board: $(board 0 "cd $board_dir; grep . *" | tr '\n' ' ')"
comment "master: $(master "cd $(link_dir 0); grep . *" | tr '\n' ' ')"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 550
# Both directions over one link at the same time: the board uses the master's network and console
# while the master uses a disk and an echo device of the board. Either machine that dies takes both
# with it, and both come back.
# shellcheck disable=SC2016 # for the machines' shells

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

BOARD_LINK=$board_dir-reverse
PROXIES='/sys/bus/vbus-proxy/devices/agent.*:*'
IMAGE_MB=48

back_dir() { printf '%s-reverse' "$(link_dir 0)"; }
back_get() { master "cat $(back_dir)/$1"; }
back_is() { [ "$(back_get state)" = "$1" ]; }
board_back_is() { [ "$(board 0 "cat $BOARD_LINK/state")" = "$1" ]; }
gone() { master "test -z \"\$(ls /sys/vbus/instances/front/clients)\" && ! ls -d $PROXIES $(back_dir) 2>/dev/null"; }
nobody() { board 0 'test -z "$(ls /sys/vbus/instances/back/clients)"'; }
# What a dead board's memory holds: its RAM is a file beside the chassis' socket; all of it that the
# master sees through an NTB is the last quarter of the bridge.
ram_sum()
{
	local dir
	dir=$(dirname "$CHASSIS")
	if [ -n "${CHASSIS_NTB:-}" ]; then
		tail -c $(($(stat -c %s "$dir/link0") / 4)) "$dir/link0" | md5sum
	else
		md5sum <"$dir/ram0"
	fi
}

# ---- what each has: the master a network and a console, the board a disk and an echo device
master_side()
{
	make_bus front
	make_device nic venet-tap
	link_device nic front
	make_device con console
	link_device con front
	at_exit master 'echo 0 >/sys/vbus/devices/nic/enabled; echo 0 >/sys/vbus/devices/con/enabled'
	at_exit bus_for 0 ""
}
master_on()
{
	master "echo 1 >/sys/vbus/devices/nic/enabled && echo 1 >/sys/vbus/devices/con/enabled &&
		ip addr add 10.92.0.1/24 dev \$(cat /sys/vbus/devices/nic/ifname) &&
		ip link set \$(cat /sys/vbus/devices/nic/ifname) up" && bus_for 0 front
}
driver_side() { master 'modprobe -a vbus-board vbus-blk vbus-echo'; }
board_side()
{
	back_bus 0 && back_device 0 echo echo && back_device 0 disk disk &&
		board 0 "dd if=/dev/zero of=/tmp/image bs=1M count=$IMAGE_MB 2>/dev/null
			echo /tmp/image >/sys/vbus/devices/disk/src_path && echo 1 >/sys/vbus/devices/disk/enabled" &&
		back_for 0 back
}

has_net() { board 0 "ls /sys/bus/vbus-proxy/drivers/vbus-enet/*/net/vbus0" >/dev/null && board 0 \
	"ip addr add 10.92.0.10/24 dev vbus0 2>/dev/null; ip link set vbus0 up; ping -q -c 1 -W 2 10.92.0.1"; }
has_console() { board 0 "modprobe vbus-console; ls -d $PROXIES/tty/*"; }
has_disk() { master "ls -d $PROXIES/block/vbd* && ls -d $PROXIES/ping"; }
both_up() { state_is 0 up && back_is up && board_back_is up && wait_for 20 has_net && wait_for 20 has_console && wait_for 20 has_disk; }

# ---- what they do with it
# disk_line LINE: on the master, with $disk
disk_line() { master "disk=/dev/\$(ls -d $PROXIES/block/vbd* | sed 's,.*/,,'); $1" 120; }
disk_fill() { master "head -c $((IMAGE_MB << 20)) /dev/urandom >/tmp/back.img" && disk_line "dd if=/tmp/back.img of=\$disk bs=1M conv=fsync 2>/dev/null"; }
disk_arrived() { [ "$(board 0 'md5sum </tmp/image')" = "$(master 'md5sum </tmp/back.img')" ]; }
disk_reads() { disk_line "dd if=\$disk bs=1M iflag=direct 2>/dev/null | cmp - /tmp/back.img"; }
echo_back() { master "cd $PROXIES/ping && echo $2 >count && echo $3 >size && echo $1 >run"; }
# The pool of the mappings; what is used of it while nothing is going on.
pool_get() { master "cat $(dirname "$(back_dir)")/*-reverse/$1"; }
pool_is() { [ "$(pool_get used)" = "$1" ]; }
# More at once than the pool has.
disk_crowd()
{
	disk_line "for i in 1 2 3 4; do dd if=\$disk of=/dev/null bs=16M iflag=direct 2>/dev/null & done
		dd if=/tmp/back.img of=\$disk bs=16M oflag=direct 2>/dev/null; wait"
}
# The board writes, the master reads.
console_line()
{
	master '(timeout 20 head -n 1 </dev/$(cat /sys/vbus/devices/con/tty) >/tmp/line) & sleep 1'
	board 0 "tty=\$(ls -d $PROXIES/tty/*); tty=/dev/\${tty##*/}; stty -F \$tty raw -echo clocal
		echo 'both ways' >\$tty"
	wait_for 10 master "grep -qx 'both ways' /tmp/line"
}
pings_start() { board 0 "(ping -A -i 0 -c 100000 -s 1000 10.92.0.1 >/tmp/pings 2>&1 & echo \$! >/tmp/pid)"; }
pings_stop() { board 0 'kill -INT $(cat /tmp/pid); sleep 1; tail -n 3 /tmp/pings'; }
# Of so many a few may be late on a slow machine.
pings_good() { awk '/packets transmitted/ { ok = $1 >= 50 && $4 >= $1 - 2 } END { exit !ok }' <<<"$1"; }
use_both()
{
	check "the board pings the master" pings_start
	check "while the master writes $IMAGE_MB MiB to the board's disk" disk_fill
	check "and reads them" disk_reads
	check "and has its echo device answer" echo_back queue 50 4096
	check "of 64 KiB as well" echo_back queue 10 65536
	check "shared memory is shared" echo_back touch 20 1
	check "a line of the board's console arrives" console_line
	local pings
	pings=$(pings_stop)
	check "the pings were answered: $(grep transmitted <<<"$pings")" pings_good "$pings"
	check "what was written is in the board's file" disk_arrived
}

board_require 1
master_side
check "the master has a network and a console for the board" master_on
check "and drivers for devices of the board" driver_side
at_exit back_clean 0
check "the board has devices for the master" board_side
check "each uses those of the other" wait_for 40 both_up
used=$(pool_get used)
use_both
check "a crowd of requests is served" disk_crowd
full=$(pool_get full)
check "though there is no room for all at once: it was missing $full times" test "$full" -gt 0
check "nothing of the pool was lost" wait_for 5 pool_is "$used"
check "what was written is in the board's file" disk_arrived
comment "board: $(board 0 "cd $BOARD_LINK; grep . *" | tr '\n' ' ')"
comment "master: $(master "cd $(back_dir); grep . *" | tr '\n' ' ')"

# ---- one direction ends without the other
check "the board takes the master off its bus" back_for 0 ""
check "the master loses the disk" wait_for 10 master "! ls -d $PROXIES 2>/dev/null"
check "but not the board its network" board 0 'ping -q -c 3 -W 2 10.92.0.1'
check "and puts it back" back_for 0 back
check "both are there" wait_for 30 both_up
check "the master takes the board off its bus" bus_for 0 ""
check "it still has the disk" disk_reads
check "and puts it back" bus_for 0 front
check "both are there" wait_for 30 both_up

# ---- the board's driver goes in order
check "the board's link can go while the disk is there" board 0 "rmmod $link_module"
check "the master has lost the board and its devices at once" wait_for 2 gone
board_load 0
check "the link is there again" back_for 0 back
check "both are there" wait_for 30 both_up

# ---- the board dies
load()
{
	pings_start
	disk_line "(while dd if=/dev/zero of=\$disk bs=64k count=64 oflag=direct; do :; done) >/dev/null 2>&1 &" >/dev/null
}
load
chassis kill 0
check "the master notices that the board is dead" wait_for 15 gone
sum=$(ram_sum)
sleep 1
check_equal "nothing is written to a dead board" "$sum" "$(ram_sum)"
check "the board is back" chassis start 0
board_load 0
check "and has its devices" board_side
check "both are there" wait_for 40 both_up
use_both

# ---- the board stops for a while
load
chassis stop 0
check "a frozen board is given up" wait_for 15 gone
chassis cont 0
check "when it goes on both come back" wait_for 40 both_up

# ---- the master dies
load
chassis master-kill
check "the board notices that the master is dead" wait_for 10 nobody
# What the first master had died with it.
ktap_cleanup=()
at_exit back_clean 0
check "the master starts again" chassis master-start
board_require 1
master_side
check "it has a network and a console" master_on
check "and drivers" driver_side
check "both are there" wait_for 40 both_up
use_both

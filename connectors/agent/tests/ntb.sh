#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 450
# A link over the kernel's NTB API: the master is the first port; a link that goes down ends the
# sessions of both directions at once and one that comes up brings them back; so does either end that was
# away.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

[ -n "${CHASSIS_NTB:-}" ] || skip_all "needs a chassis with an NTB (tests/qemu/chassis run --ntb)"
board_require 1
gone() { master "test -z \"\$(ls /sys/vbus/instances/bus0/clients)\""; }
up() { state_is 0 up && echo_there 0; }
cable='/sys/kernel/debug/vbus-testntb/*/cable'
stray='/sys/kernel/debug/vbus-testntb/*/stray'
no_devices() { board 0 "! ls -d /sys/bus/vbus-proxy/devices/agent* 2>/dev/null"; }
back='/sys/bus/vbus-proxy/devices/agent.*:*/ping'
board_side() { master "modprobe -a vbus-board vbus-echo" && back_bus 0 && back_device 0 echo echo && back_for 0 back; }
back_there() { master "ls $back/run"; }
load() { board 0 "(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null; }
for m in master "board 0"; do
	$m "grep -q debugfs /proc/mounts || mount -t debugfs debugfs /sys/kernel/debug" >/dev/null
done

did "a board is up" echo_board 0
check_equal "the first port is the master" master "$(link_get 0 role)"
check "queue round trips" ping_board 0 queue 20 65536
check "the board has a device for the master" board_side
check "which is there" wait_for 20 back_there
# Silence would be noticed, too, but not within this time.
master "echo 60000 >$(link_dir 0)/heartbeat_timeout"
board 0 "echo 60000 >$board_dir/heartbeat_timeout"
for side in master "board 0"; do
	# shellcheck disable=SC2086 # a command and its first word
	pull() { $side "echo $1 >\$(echo $cable)"; }
	load
	check "the cable is pulled out at the $side" pull 0
	check "the master notices at once" wait_for 3 gone
	check "and says so" state_is 0 down
	check "the board loses its devices" wait_for 3 no_devices
	check "and the master the board's" wait_for 3 master "! ls -d $back 2>/dev/null"
	reads=$(link_get 0 reads) writes=$(link_get 0 writes)
	sleep 1
	check_equal "the master reads nothing meanwhile" "$reads" "$(link_get 0 reads)"
	check_equal "nor does it write" "$writes" "$(link_get 0 writes)"
	check_equal "the board neither" "$(board 0 "cat $board_dir/writes")" \
		"$(board 0 "sleep 1; cat $board_dir/writes")"
	check "the cable is put in again" pull 1
	check "the board is back" wait_for 20 up
	check "on the bus it was on" link_get 0 bus
	check "and works" ping_board 0 queue 10 1000
	check "and so is its device" wait_for 20 back_there
	check "which works, too" master "cd $back && echo 10 >count && echo 1000 >size && echo queue >run"
done
back_clean 0
failed=0
for i in $(seq 10); do
	master "echo 0 >\$(echo $cable); echo 1 >\$(echo $cable)" || failed=1
done
check_equal "a loose contact" 0 "$failed"
check "ends well" wait_for 20 up
check "and works" ping_board 0 queue 10 1000
# A master's driver that has come anew; emulated machines may stand still for a while.
bus_again() { master "echo 3000 >$(link_dir 0)/heartbeat_timeout" && bus_for 0 bus0; }
# without_board WHAT: the board's driver goes, and nobody writes to what it has freed.
without_board()
{
	check "$1 the board's driver can go" board 0 "rmmod $link_module"
	check "which the master is told" wait_for 2 gone
	sleep 2
	check_equal "the master writes to nothing that was freed" 0 "$(board 0 "cat $stray")"
	check "it comes back" board 0 "modprobe $link_module"
	check "and is attached" wait_for 20 up
	check "and works" ping_board 0 queue 10 1000
}
# without_master WHAT: the master's goes while the board works on its bus.
without_master()
{
	load
	check "$1 the master's driver can go" master "rmmod $link_module"
	check "the board loses its devices" wait_for 3 no_devices
	sleep 2
	check_equal "the board writes to nothing that was freed" 0 "$(master "cat $stray")"
	check "it comes back" master "modprobe $link_module"
	check "and the board can be put on its bus" wait_for 10 bus_again
	check "where it is attached" wait_for 20 up
	check "and works" ping_board 0 queue 10 1000
}
load
without_board "under load"
without_master "under load"
# Silence would be noticed, too, but not within this time.
master "echo 60000 >$(link_dir 0)/heartbeat_timeout"
load
board 0 "reboot -f & sleep 1; true" 3 >/dev/null
check "a board that reboots says good-bye" wait_for 5 gone
chassis start 0
check "is attached again" eval "board_load 0 && wait_for 30 up"
check "and works" ping_board 0 queue 10 1000
# Nobody is there to say good-bye to.
master "echo 0 >\$(echo $cable)"
check "the cable is out" wait_for 3 gone
begun=$SECONDS
check "the board's driver can go" board 0 "rmmod $link_module"
check "and soon" [ $((SECONDS - begun)) -lt 20 ]
check_equal "the master writes to nothing that was freed" 0 "$(board 0 "cat $stray")"
check "it comes back" board 0 "modprobe $link_module"
begun=$SECONDS
bus_for 0 ""
check "the master's can go, too" master "rmmod $link_module"
check "and soon" [ $((SECONDS - begun)) -lt 20 ]
check "and comes back" master "modprobe $link_module && echo 1 >\$(echo $cable)"
check "the board can be put on its bus" wait_for 10 bus_again
check "where it is attached" wait_for 20 up
bus_for 0 ""
check "both drivers go, and leave the bridge as it was" master "rmmod $link_module"
check "so that the kernel's own can use it" master "modprobe -r vbus-testntb"
# Ports that cannot take the link down: the peer has to be told.
for m in "board 0" master; do
	check "$m: a bridge whose link is always up" $m "rmmod $link_module vbus-testntb 2>/dev/null
		modprobe vbus-testntb secondary=1 && modprobe $link_module && grep Y /sys/module/vbus_testntb/parameters/secondary"
done
check "the board can be put on a bus" wait_for 10 bus_again
check "where it is attached" wait_for 20 up
load
without_board "with it"
without_master "with it"
# As it was, for who comes next.
bus_for 0 ""
for m in "board 0" master; do
	check "$m: one that can take it down" $m "rmmod $link_module vbus-testntb && modprobe -a $link_modules"
done

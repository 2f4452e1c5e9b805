# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Helpers for scripts that drive a chassis (tests/qemu/chassis) from outside. They skip where there
# is none.
#
#   board_require [N]            a chassis with N boards (1), modules loaded
#   master LINE                  run a line of shell on the master
#   board N LINE                 on a board
#   chassis COMMAND...           start, kill, stop, cont, ones, and for the master
#   link_file N FILE             path on the master of a file of board N's link
#   state_is N STATE             the master's view of board N
#   bus_for N BUS                put board N on a bus of the master
#   board_load N                 load the modules of a board
#   board_proxy N                wait for the first proxy device of a board
#   back_bus N                   on board N, make bus "back", for devices that the master uses
#   back_device N NAME CLASS     make a device on it
#   back_for N BUS               put the master on a bus of board N
#   back_clean N                 take all of that away again
#   $link_module, $link_modules  the link's driver, and all that it needs
#   $board_dir                   pattern of the link's folder on a board

# shellcheck source=tests/lib/ktap.sh
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"

chassis() { "$CHASSIS_DO" "do" "$@"; }
master() { chassis master "$@"; }
board() { chassis board "$@"; }

# Each board is a pair of slots; or there is an NTB.
# shellcheck disable=SC2034 # for who reads this
if [ -n "${CHASSIS_NTB:-}" ]; then
	link_modules='vbus-testntb vbus-link-ntb' link_module=vbus-link-ntb
	link_dir() { echo /sys/bus/ntb/devices/0000:00:10.0/vbus; }
	board_dir='/sys/bus/ntb/devices/*/board/vbus'
else
	link_modules=vbus-link-ivshmem link_module=vbus-link-ivshmem
	link_dir() { printf '/sys/bus/pci/devices/0000:00:%02x.0/vbus' $((0x10 + 2 * $1)); }
	board_dir='/sys/bus/pci/devices/*/vbus'
fi
link_get() { master "cat $(link_dir "$1")/$2"; }
state_is() { [ "$(link_get "$1" state)" = "$2" ]; }
board_state_is() { [ "$(board "$1" "cat $board_dir/state")" = "$2" ]; }

board_require()
{
	local out n
	[ -n "${CHASSIS:-}" ] || skip_all "needs a chassis with a board (tests/qemu/chassis)"
	[ "${1:-1}" -le "${CHASSIS_BOARDS:-0}" ] || skip_all "needs $1 boards"
	out=$(master "modprobe -a vbus vbus-agent $link_modules && { modprobe configfs; mkdir -p /config;
		grep -q ' /config ' /proc/mounts || mount -t configfs configfs /config; }") ||
		skip_all "the master cannot load its modules: $out"
	# Under emulation a machine may not run for a second.
	for n in $(seq 0 $((${1:-1} - 1))); do
		board_load "$n"
		wait_for 10 master "echo 3000 >$(link_dir "$n")/heartbeat_timeout"
	done
}

board_load()
{
	board "$1" "modprobe vbus-link heartbeat_timeout=3000; modprobe -a vbus-board $link_modules vbus-echo vbus-enet"
}

back_bus()
{
	board "$1" "mkdir -p /config; grep -q ' /config ' /proc/mounts || mount -t configfs configfs /config
		modprobe vbus-agent && mkdir /config/vbus/instances/back"
}
back_device()
{
	board "$1" "modprobe vbus-dev-$3; cd /config/vbus && mkdir devices/$2 && echo $3 >devices/$2/type &&
		ln -s /config/vbus/devices/$2 instances/back/"
}
back_for() { board "$1" "echo $2 >\$(echo $board_dir-reverse/bus)"; }
# shellcheck disable=SC2016 # for the board's shell
back_clean()
{
	back_for "$1" ""
	board "$1" 'cd /config/vbus/devices && for d in *; do
			echo 0 >/sys/vbus/devices/$d/enabled; rm ../instances/back/$d; rmdir $d; done
		rmdir /config/vbus/instances/back' >/dev/null
}

bus_for() { master "echo $2 >$(link_dir "$1")/bus"; }

make_bus() { master "mkdir /config/vbus/instances/$1"; at_exit master "rmdir /config/vbus/instances/$1"; }
make_device()
{
	master "mkdir /config/vbus/devices/$1 && echo $2 >/config/vbus/devices/$1/type"
	at_exit master "rmdir /config/vbus/devices/$1"
}
link_device()
{
	master "ln -s /config/vbus/devices/$1 /config/vbus/instances/$2/"
	at_exit master "rm /config/vbus/instances/$2/$1"
}

# Board N on a new bus of its own with a new echo device; waits until its driver is there. To be
# called by did: it has what it makes taken away at the end.
echo_board()
{
	make_bus "bus$1" && make_device "echo$1" echo && link_device "echo$1" "bus$1" || return
	at_exit bus_for "$1" ""
	bus_for "$1" "bus$1"
	wait_for 20 echo_there "$1"
}

echo_there() { board "$1" "ls /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping/run"; }

# ping_board N KIND COUNT SIZE
ping_board()
{
	board "$1" "cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo $3 >count && echo $4 >size && echo $2 >run"
}

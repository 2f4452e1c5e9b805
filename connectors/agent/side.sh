# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# chassis
# The driver side of tests/lib/matrix.sh: the first board of a chassis. The case runs on the master;
# tests/qemu/chassis carries what it writes to its second serial port to the board, and the answer back.

# shellcheck source=tests/lib/remote.sh
. "$MATRIX_TOP/tests/lib/remote.sh"

side_bus=''
side_dir='/sys/bus/vbus-proxy/devices/agent.0:'

# board_run LINE: a line of shell on the first board; its output and exit status
board_run()
{
	local asked id rc out
	asked=${EPOCHREALTIME/./}
	printf '%s %s\n' "$asked" "$(printf '%s' "$1" | base64 -w0)" >&9
	while read -t 100 -r id rc out <&9; do
		# Not the one for a case before us that did not live to see it.
		[ "$id" = "$asked" ] || continue
		printf '%s' "$out" | base64 -d
		return "$rc"
	done
	return 125
}

# The first board's link.
side_link()
{
	local role
	for role in /sys/bus/pci/devices/*/vbus/role; do
		[ "$(cat "$role" 2>/dev/null)" = master ] || continue
		REPLY=${role%/role}
		return
	done
	return 1
}

# In a chassis nothing of this may be missing.
side_require()
{
	[ -n "${VBUS_CHASSIS:-}" ] || skip_all "needs a chassis with a board (tests/qemu/chassis)"
	modprobe -a vbus-agent vbus-link-ivshmem && side_link && exec 9<>/dev/ttyS1 &&
		stty -F /dev/ttyS1 raw -echo && board_run true || { fail "the board answers"; exit 1; }
}

side_attach()
{
	side_bus=$1
	side_link || return
	# Under emulation a machine may not run for a second.
	put 3000 "$REPLY/heartbeat_timeout" && put "$1" "$REPLY/bus" || return
	at_exit put '' "$REPLY/bus"
	board_run 'modprobe vbus-link heartbeat_timeout=3000
		modprobe -a vbus-board vbus-link-ivshmem vbus-echo vbus-enet vbus-blk vbus-console' || return
	wait_for 20 board_run "ls -d $side_dir*"
}

side_detach() { side_link && put '' "$REPLY/bus"; }
side_gone() { [ -z "$(clients "$side_bus")" ]; }

side_echo()
{
	wait_for 20 board_run "ls -d $side_dir*/ping" >/dev/null &&
		board_run "cd $side_dir*/ping && echo $2 >count && echo $3 >size && echo $1 >run"
}

side_net()
{
	wait_for 20 board_run "ls -d $side_dir*/net/*" >/dev/null &&
		board_run "n=\$(ls $side_dir*/net); ip addr add $1/24 dev \$n && ip link set \$n up"
}

side_ping() { board_run "ping -q -c $2 -W 2 $1"; }

# A line on the board with $node, its newest block device or tty.
side_on()
{
	wait_for 20 board_run "ls -d $side_dir*/$1/*" >/dev/null &&
		board_run "node=/dev/\$(ls -d $side_dir*/$1/* | tail -n 1 | sed 's,.*/,,'); $2"
}

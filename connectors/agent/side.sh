# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# chassis
# The driver side of tests/lib/matrix.sh, a board of a chassis (tests/qemu/chassis), which carries
# out what comes in at the second serial port.

side_bus=''
side_dir='/sys/bus/vbus-proxy/devices/agent.0:'

# board_run LINE: a line of shell on the first board; its output and exit status
board_run()
{
	local rc out
	printf '%s' "$1" | base64 -w0 >&9 && echo >&9
	read -t 100 -r rc out <&9 || return 125
	printf '%s' "$out" | base64 -d
	return "$rc"
}

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

side_require()
{
	vbus_require vbus-agent vbus-link-ivshmem
	{ [ -c /dev/ttyS1 ] && side_link; } || skip_all "needs a chassis with a board"
	exec 9<>/dev/ttyS1
	stty -F /dev/ttyS1 raw -echo
	board_run true || skip_all "the board does not answer"
}

side_attach()
{
	side_bus=$1
	side_link || return
	put 3000 "$REPLY/heartbeat_timeout" && put "$1" "$REPLY/bus" || return
	at_exit put '' "$REPLY/bus"
	board_run 'modprobe vbus-board heartbeat_timeout=3000
		for m in vbus-link-ivshmem vbus-echo vbus-enet; do modprobe $m 2>/dev/null; done; true'
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
		board_run "n=\$(ls $side_dir*/net); ip addr add $1/24 dev \$n; ip link set \$n up"
}

side_ping() { board_run "ping -q -c $2 -W 2 $1"; }

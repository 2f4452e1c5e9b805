# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The driver side of tests/lib/matrix.sh, on the same machine.

side_client=''

side_require() { vbus_require vbus-loopback; }

side_attach()
{
	local driver
	for driver in vbus-echo vbus-enet vbus-blk vbus-console; do modprobe -q $driver; done
	attach "$1" && side_client=$REPLY
}

side_detach() { detach "$side_client"; }
side_gone() { ! compgen -G "$PROXY/$side_client:*" >/dev/null; }

# The file (a pattern) of the newest proxy device that has it.
side_file()
{
	REPLY=$(compgen -G "$PROXY/$side_client:*/$1" | sort -V | tail -n 1)
	[ -n "$REPLY" ]
}

side_echo()
{
	local ping
	wait_for 5 side_file ping && side_file ping || return
	ping=$REPLY
	put "$2" "$ping/count" && put "$3" "$ping/size" && put "$1" "$ping/run"
}

side_net()
{
	wait_for 5 side_file net && side_file net || return
	namespace mside && move_netdev "$(ls "$REPLY")" mside "$1/24"
}

side_ping() { in_ns mside ping -q -c "$2" -i 0.1 -W 1 "$1"; }

# The node of the newest block device or tty.
side_node()
{
	wait_for 5 side_file "$1/*" && side_file "$1/*" && REPLY=/dev/$(basename "$REPLY")
}

side_disk_write()
{
	side_node block && pattern "$1" | dd of="$REPLY" bs=64k iflag=fullblock conv=fsync status=none
}

side_disk_sum()
{
	side_node block && dd if="$REPLY" bs=64k iflag=direct status=none | head -c "$1" | md5sum | cut -c1-32
}

side_console_send()
{
	side_node tty && stty -F "$REPLY" raw -echo -clocal && pattern "$1" >"$REPLY"
}

side_console_sum()
{
	side_node tty && stty -F "$REPLY" raw -echo -clocal && head -c "$1" "$REPLY" | md5sum | cut -c1-32
}

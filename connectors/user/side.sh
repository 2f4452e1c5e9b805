# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The driver side of tests/lib/matrix.sh, a process for each thing it does.

# shellcheck source=tests/lib/user.sh
. "$MATRIX_TOP/tests/lib/user.sh"

side_bus='' side_address='' side_answers=''

side_require() { user_require; }
side_attach() { side_bus=$1; }

side_detach()
{
	local client
	for client in $(clients "$side_bus"); do
		put "$client" "$SYSV/connectors/user/detach" || return
	done
}

side_gone() { [ -z "$(clients "$side_bus")" ]; }

side_echo() { member "$side_bus" echo-ping -c "$2" -s "$3" "$1"; }

side_net()
{
	side_address=$1
	member_start "$side_bus" enet-ping "$1" >/dev/null 2>&1
	side_answers=$REPLY
	at_exit side_net_stop
}

side_net_stop() { kill "$side_answers" && wait "$side_answers"; } 2>/dev/null

# The port takes one at a time.
side_ping()
{
	local rc
	side_net_stop
	member "$side_bus" enet-ping -c "$2" -t 20 "$side_address" "$1"
	rc=$?
	side_net "$side_address"
	return $rc
}

side_disk_write() { pattern "$1" | member "$side_bus" disk-copy write; }
side_disk_sum() { member "$side_bus" disk-copy read "$1" | md5sum | cut -c1-32; }

side_console_send() { pattern "$1" | member "$side_bus" console-cat; }
side_console_sum() { member "$side_bus" console-cat -n "$1" </dev/null | md5sum | cut -c1-32; }

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Consoles for test scripts: a device and its driver, joined by the wire of $CONNECTOR.
#
#   console_pair [PORTS]    device "con" on bus "con-bus", enabled, with its driver; the ttys of
#                           the two sides are in the arrays HOST and GUEST
#   console_ttys CLIENT     -> the driver's ttys
#   hold FD TTY             open a tty for the rest of the script, raw
#   get_text FD [SECONDS]   -> what comes within a while
#   pour BLOCKS             to stdout: blocks of a quarter MiB, each with its number
#   pour_sum BLOCKS         what md5sum says of it

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

HOST=() GUEST=()

tty_of()
{
	find "$PROXY/$1":*/tty/ -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -V
}

has_ttys() { [ "$(tty_of "$1" | wc -l)" = "$2" ]; }

console_pair()
{
	local ports=${1:-1} name
	bus_create con-bus && device_create con console || return
	[ "$ports" = 1 ] || attr con ports "$ports" || return
	link con con-bus && enable con && attach con-bus || return
	CLIENT=$REPLY
	modprobe -q vbus-console
	wait_for 5 has_ttys "$CLIENT" "$ports" || return
	HOST=()
	GUEST=()
	for name in $(attr con tty); do HOST+=("/dev/$name"); done
	for name in $(tty_of "$CLIENT"); do GUEST+=("/dev/$name"); done
}

hold()
{
	eval "exec $1<>$2" && stty -F "$2" raw -echo -clocal
}

get_text()
{
	local byte text=''
	while IFS= read -r -n 1 -d '' -t "${2:-1}" byte <&"$1"; do text+=$byte; done
	REPLY=$text
}

BLOCK=/tmp/console-block
pour_prepare()
{
	[ -e $BLOCK ] && return
	head -c 262144 /dev/urandom >$BLOCK
	at_exit rm -f $BLOCK
}

pour()
{
	local i
	for ((i = 0; i < $1; i++)); do
		printf '%-16d' $i
		cat $BLOCK
	done
}

pour_bytes() { echo $(($1 * (262144 + 16))); }
pour_sum() { pour "$1" | md5sum; }

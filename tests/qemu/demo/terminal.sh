#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: terminal.sh TTY COMMAND...
# Logs in on the other end of a serial line, types the commands, shows what comes, and logs out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/qemu/demo/lib.sh
. "$here/lib.sh"
tty=$1
shift

# What came, without the question where the cursor is, which a shell asks a terminal.
show() { printf '%s' "${1//$'\e[6n'/}"; }

# expect TEXT: shows what comes, up to and with it, which is the end of a line so far
expect()
{
	local byte line='' end=$((SECONDS + 30))
	until [[ $line == *"$1" ]]; do
		[ $SECONDS -lt $end ] || die "waited for '$1' on $tty and got: $line"
		IFS= read -r -n 1 -d '' -t 2 byte <&6 || continue
		case $byte in
		$'\r') ;;
		$'\n') show "$line"$'\n'; line='' ;;
		*) line+=$byte ;;
		esac
	done
	show "$line"
}

say() { printf '%s\n' "$1" >&5; }

exec 5<>"$tty"
stty -F "$tty" raw -echo clocal
# By a pipe: while it reads from a terminal, the shell sets it to what it likes. Not by cat: busybox's
# sends from file to file, and the kernel locks the pipe while it waits for the terminal.
exec 6< <(exec dd bs=4096 <&5 2>/dev/null)
reader=$!
trap 'kill $reader' EXIT
expect 'login: '
say root
for command; do
	expect '# '
	say "$command"
done
expect '# '
say exit
expect 'login: '
echo

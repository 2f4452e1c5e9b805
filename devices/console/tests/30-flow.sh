#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 300
# Flow control: much data both ways arrives whole and in order; a reader that stops
# makes the writer wait, and costs nothing else.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

# 12 MiB each way, or a gigabyte
blocks=${VBUS_FULL:+4096}
blocks=${blocks:-48}

# through FD_FROM FD_TO BLOCKS: the sum of what arrives
through()
{
	pour "$3" >&"$1" &
	head -c "$(pour_bytes "$3")" <&"$2" | md5sum
	wait $!
}

# A writer, and whether it is still at it.
start_writer()
{
	rm -f /tmp/console-done
	(pour "$2" >&"$1"; : >/tmp/console-done) &
	writer=$!
	at_exit rm -f /tmp/console-done
}

stopped_reader()
{
	start_writer "$2" 8
	sleep 1
	check_not "$1: the writer waits for the reader" [ -e /tmp/console-done ]
	check_equal "$1: nothing lost when it reads again" "$(pour_sum 8)" \
		"$(head -c "$(pour_bytes 8)" <&"$3" | md5sum)"
	wait "$writer"
}

# Lines of many lengths. The end of each is two bytes, for which there may be room for one.
lines()
{
	awk 'BEGIN {
		for (i = 0; i < 1000; i++) s = s "x"
		for (i = 0; i < 16000; i++) print i " " substr(s, 1, 500 + i * 7919 % 211)
	}'
}

# text FD_FROM FD_TO TTY_FROM: the sum of what arrives
text()
{
	stty -F "$3" opost onlcr
	lines >&"$1" &
	timeout $((60 * ${VBUS_TIME_FACTOR:-1})) head -c "$(lines | sed 's/$/\r/' | wc -c)" <&"$2" | md5sum
	kill $! 2>/dev/null
	wait $!
	stty -F "$3" -opost
}

vbus_require vbus-dev-console vbus-console
console_pair 1 || exit 1
hold 5 "${HOST[0]}" && hold 6 "${GUEST[0]}" || exit 1
pour_prepare
sum=$(pour_sum "$blocks")
began=${EPOCHREALTIME/./}
check_equal "$blocks blocks to the device side" "$sum" "$(through 6 5 "$blocks")"
comment "$(($(pour_bytes "$blocks") / (${EPOCHREALTIME/./} - began))) MB/s"
began=${EPOCHREALTIME/./}
check_equal "$blocks blocks to the driver side" "$sum" "$(through 5 6 "$blocks")"
comment "$(($(pour_bytes "$blocks") / (${EPOCHREALTIME/./} - began))) MB/s"

# both ways at a time
pour "$blocks" >&5 &
pour "$blocks" >&6 &
head -c "$(pour_bytes "$blocks")" <&5 | md5sum >/tmp/console-host &
head -c "$(pour_bytes "$blocks")" <&6 | md5sum >/tmp/console-guest
wait
at_exit rm -f /tmp/console-host /tmp/console-guest
check_equal "both ways at a time: to the device side" "$sum" "$(cat /tmp/console-host)"
check_equal "both ways at a time: to the driver side" "$sum" "$(cat /tmp/console-guest)"

sum=$(lines | sed 's/$/\r/' | md5sum)
check_equal "lines to the device side" "$sum" "$(text 6 5 "${GUEST[0]}")"
check_equal "lines to the driver side" "$sum" "$(text 5 6 "${HOST[0]}")"

stopped_reader "to the device side" 6 5
stopped_reader "to the driver side" 5 6

# The output stopped by the reader's own hand.
stty -F "${GUEST[0]}" ixon
printf '\023' >&5
sleep 0.2
start_writer 6 1
sleep 0.5
check_not "stopped by XOFF" [ -e /tmp/console-done ]
printf '\021' >&5
check_equal "goes on after XON" "$(pour_sum 1)" "$(head -c "$(pour_bytes 1)" <&5 | md5sum)"
wait "$writer"
check_equal "no doorbell was missed" 0 "$(client_count con-bus missed)"
check_equal "and nothing dropped" 0 "$(attr con dropped)"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 400
# Either end is killed at random points: nothing that was flushed is lost.
# A writer writes four blocks, flushes, and notes them down; what was noted must be behind the disk
# afterwards. A block holds its number; a later number than the noted one is fine.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

blocks=64
rounds=10
[ -z "${VBUS_FULL:-}" ] || rounds=100
log=/tmp/disk-crash.log
back=/tmp/disk-crash

# Numbers are never used twice; number n goes to block n % blocks.
writer()
{
	local n=$1 i
	# dd would make a plain file where the disk was.
	exec 3<"$2" || exit 0
	while :; do
		for i in 0 1 2 3; do
			printf '%-4095d\n' $((n + i))
		done >/tmp/disk-crash.buf
		dd if=/tmp/disk-crash.buf of=/proc/self/fd/3 bs=4096 count=4 seek=$((n % blocks)) \
			oflag=direct conv=notrunc,fsync 2>/dev/null || exit 0
		echo "$n" >>$log
		n=$((n + 4))
	done
}

# The number in a block.
found() { dd if=$back bs=4096 skip=$(($1 % blocks)) count=1 2>/dev/null | head -n 1 | tr -d ' \0'; }

verify()
{
	local n i got
	while read -r n; do
		for i in 0 1 2 3; do
			got=$(found $((n + i)))
			if [ -z "$got" ] || [ "$got" -lt $((n + i)) ] || [ $(((got - n - i) % blocks)) != 0 ]; then
				comment "block $(((n + i) % blocks)): noted $((n + i)), found '$got'"
				return 1
			fi
		done
	done < <(tail -n 20 $log)
}

kill_link()
{
	unlink_device d d-bus && link d d-bus
	port=$((port + 1))
}

kill_driver()
{
	detach "$CLIENT" && attach d-bus && CLIENT=$REPLY
}

# The next round shall not take the old disk for the new one.
kill_medium() { disable d && wait_for 10 has_no_disk "$CLIENT" "$port" && enable d; }

disk_require
disk_file $back 1
at_exit rm -f $log /tmp/disk-crash.buf
: >$log
disk_device d $back queues=2
port=0 next=0 bad=0
kills=(kill_link kill_driver kill_medium)
for ((round = 0; round < rounds; round++)); do
	if ! disk_wait "$CLIENT" "$port"; then
		fail "the disk comes back" "round $round"
		exit 1
	fi
	disk=$REPLY
	writer "$next" "$disk" &
	pid=$!
	sleep "0.$((RANDOM % 6 + 1))$((RANDOM % 10))"
	${kills[RANDOM % 3]} || { fail "round $round: kill"; exit 1; }
	wait $pid
	verify || bad=$((bad + 1))
	last=$(tail -n 1 $log)
	# The writer may have written four blocks beyond what it noted.
	next=$((${last:-$next} + 8))
done
comment "$rounds kills, $(wc -l <$log) flushes noted"
check "something was flushed" test "$(wc -l <$log)" -ge "$rounds"
check_equal "nothing that was flushed is lost" 0 "$bad"

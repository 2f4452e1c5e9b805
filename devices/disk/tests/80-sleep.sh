#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# timeout: 180
# The machine's devices sleep and wake up under I/O: the disk is what it was, and nothing is lost.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

if [ ! -e /sys/power/pm_test ] || ! grep -qw freeze /sys/power/state; then
	skip_all "no test of sleeping here"
fi
disk_require
back=/tmp/disk-sleep
disk_file $back 8
disk_device d $back queues=2
disk_wait "$CLIENT" || exit 1
disk=$REPLY
put devices /sys/power/pm_test
at_exit put none /sys/power/pm_test
# The kernel spins that many seconds; with 5 the watchdog barks on a slow machine.
delay=/sys/module/suspend/parameters/pm_test_delay
if [ -w $delay ]; then
	at_exit put "$(cat $delay)" $delay
	put 1 $delay
fi
for i in 1 2; do
	pattern $((8 << 20)) $i | dd of="$disk" bs=64k iflag=fullblock oflag=direct conv=notrunc,fsync 2>/dev/null &
	check "devices sleep and wake up ($i)" put freeze /sys/power/state
	wait $!
	check_equal "what was being written was ($i)" 0 $?
	check_equal "and is behind the disk ($i)" "$(pattern $((8 << 20)) $i | sha256sum)" "$(sha256sum <$back)"
done
check_equal "it is the same disk" "$disk" "/dev/$(disk_of "$CLIENT" 0)"
check "detach" detach "$CLIENT"
check "the disk goes" disk_gone "$disk"

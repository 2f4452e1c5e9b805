#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 300
# Ends of all kinds under I/O: none hangs, requests fail, all comes back.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

# Reads and writes until the disk fails. Writers go by an open file: dd would make a plain file
# where the disk was, and the next one could not have its name.
busy()
{
	local i
	users=()
	for i in 0 1; do
		(exec 3<"$disk" && while dd if=/dev/zero of=/proc/self/fd/3 bs=16k seek=$((i * 64)) count=64 oflag=direct conv=notrunc; do :; done) 2>/dev/null &
		users+=($!)
	done
	(while dd if="$disk" of=/dev/null bs=4k skip=1024 count=64 iflag=direct; do :; done) 2>/dev/null &
	users+=($!)
	sleep 0.3
}

done_all() { ! kill -0 "${users[@]}" 2>/dev/null; }

works()
{
	local port=$1
	disk_wait "$CLIENT" "$port" || return
	disk=$REPLY
	dd if="$disk" of=/dev/null bs=64k count=4 iflag=direct 2>/dev/null
}

# Not by check, which would keep the disk's name to itself.
check_works() { if works "$2"; then pass "$1"; else fail "$1"; fi; }

disk_require
disk_file /tmp/disk-unplug 8
disk_device d /tmp/disk-unplug queues=2
check_works "a disk appears" 0
check_errno "the device model cannot be removed" "in use" rmmod vbus-dev-disk
port=0
for i in 1 2 3; do
	busy
	check "unplug under I/O ($i)" quick unlink_device d d-bus
	check "its users get errors" wait_for 10 done_all
	check "the disk goes" disk_gone "$disk"
	check "plug in again ($i)" link d d-bus
	port=$((port + 1))
	check_works "it works again" $port
done
for i in 1 2; do
	busy
	check "disable under I/O ($i)" quick disable d
	check "its users get errors" wait_for 10 done_all
	check "the disk goes" disk_gone "$disk"
	check "enable again ($i)" enable d
	check_works "it works again" $port
done
busy
check "detach under I/O" detach "$CLIENT"
check "its users get errors" wait_for 10 done_all
attach d-bus
CLIENT=$REPLY
check_works "attach again" $port
busy
for i in 1 2 3; do
	echo "$CLIENT:$port" >/sys/bus/vbus-proxy/drivers/vbus-blk/unbind
	echo "$CLIENT:$port" >/sys/bus/vbus-proxy/drivers/vbus-blk/bind
done
check "unbind under I/O" wait_for 10 done_all
check_works "bind again" $port

# A back end that does not answer at all.
if ! modprobe -q dm_mod || ! type dmsetup >/dev/null 2>&1; then
	skip "a back end that hangs" "no device mapper"
	exit
fi
disk_ram 8
echo "0 16384 linear $REPLY 0" | dmsetup --noudevsync create stuck
at_exit dmsetup --noudevsync remove -f stuck
at_exit dmsetup --noudevsync resume stuck
dmsetup --noudevsync mknodes
disable d
disk_gone "$disk"
attr d src_path /dev/mapper/stuck
enable d
check_works "a block device is the medium now" $port
dmsetup --noudevsync suspend stuck
dd if=/dev/urandom of="$disk" bs=64k count=4 oflag=direct conv=notrunc 2>/dev/null &
users=($!)
dd if="$disk" of=/dev/null bs=64k skip=64 count=4 iflag=direct 2>/dev/null &
users+=($!)
sleep 0.5
check_not "they hang" done_all
check "unplug while the back end hangs" quick unlink_device d d-bus
check "its users get errors" wait_for 10 done_all
check "the disk goes" disk_gone "$disk"
link d d-bus
wait_for 5 test -e "$PROXY/$CLIENT:$((port + 1))"
check "the device can be disabled, too" disable d
check_errno "but its medium is in use for as long as the back end is" EBUSY attr d src_path /dev/mapper/stuck
dmsetup --noudevsync resume stuck
check "when it goes on, the medium is free" wait_for 5 attr d src_path /dev/mapper/stuck
check "its disk goes" wait_for 10 has_no_disk "$CLIENT" $((port + 1))
enable d
check_works "and all works again" $((port + 1))
detach "$CLIENT"
disable d
attr d src_path ""

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 180
# What is behind a disk fails: the driver gets the right error, for that request alone.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

write_at() { dd if=/dev/zero of="$disk" bs=64k seek="$1" count="$2" oflag=direct conv=notrunc,fsync; }
# How many bytes of a MiB are not zero.
nonzero() { dd if="$1" bs=1M skip="$2" count=1 2>/dev/null | tr -d '\0' | wc -c; }
read_at() { dd if="$disk" of=/dev/null bs=64k skip="$1" count="$2" iflag=direct; }

disk_require
dir=/tmp/disk-errors
mkdir -p $dir
at_exit rm -rf $dir

mount -t tmpfs -o size=1M tmpfs $dir || skip_all "no tmpfs"
at_exit umount $dir
truncate -s 4M $dir/sparse
disk_device full $dir/sparse direct=0
disk_wait "$CLIENT"
disk=$REPLY
check "there is room for something" write_at 0 4
check_errno "a full file system is told" ENOSPC write_at 8 16
check "what was written is there" read_at 0 4
check "the device counts" test "$(attr full errors)" -gt 0
disable full
attr full src_path ""
umount $dir

disk_file $dir/short 4
disk_device short $dir/short direct=0
disk_wait "$CLIENT"
disk=$REPLY
truncate -s 2M $dir/short
check_errno "a file that became shorter is an I/O error" EIO read_at 40 1
check "before its end it is fine" read_at 0 4

# A file system that cannot write zeroes says so; then they are written by hand.
no_zeroes()
{
	if ! modprobe -q ext4 || ! type mkfs.ext4 >/dev/null 2>&1; then
		skip "no zeroes" "no ext4"
		return
	fi
	disk_ram 8
	mkfs.ext4 -q -F -O ^extent,^64bit,^has_journal "$REPLY" && mount -t ext4 "$REPLY" $dir || return
	at_exit umount $dir
	pattern $((4 << 20)) old >$dir/plain
	disk_device plain $dir/plain
	disk_wait "$CLIENT"
	disk=$REPLY
	check_equal "no zeroes: the file is used without cache" direct "$(attr plain io_mode)"
	check "no zeroes: they are written nevertheless" blkdiscard -z -o 1M -l 1M "$disk"
	check "no zeroes: the file system has refused" test "$(attr plain errors)" -gt 0
	check_equal "no zeroes: they are there" 0 "$(nonzero $dir/plain 1)"
	check_equal "no zeroes: but not before" 1048576 "$(nonzero $dir/plain 0)"
	check_equal "no zeroes: nor behind" 1048576 "$(nonzero $dir/plain 2)"
	detach "$CLIENT"
	disable plain
	attr plain src_path ""
	umount $dir
}
no_zeroes

if ! modprobe -q dm_mod || ! type dmsetup >/dev/null 2>&1; then
	skip "errors of a block device" "no device mapper"
	exit
fi
disk_ram 8
printf '%s\n' "0 4096 linear $REPLY 0" "4096 128 error" "4224 4096 linear $REPLY 4224" |
	dmsetup --noudevsync create broken
at_exit dmsetup --noudevsync remove -f broken
dmsetup --noudevsync mknodes
disk_device broken /dev/mapper/broken
disk_wait "$CLIENT"
disk=$REPLY
check_equal "a block device is used without cache" direct "$(attr broken io_mode)"
check "good sectors can be written" write_at 0 4
check_errno "bad ones cannot be read" EIO read_at 32 1
check_errno "nor written" EIO write_at 32 1
check "those behind them can" write_at 34 4
check "and read" read_at 34 4
check_equal "bad sectors are no bad requests" 0 "$(queue_count "$CLIENT" bad)"
detach "$CLIENT"
disable broken
attr broken src_path ""

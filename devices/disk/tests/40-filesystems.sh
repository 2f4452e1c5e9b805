#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 150
# File systems work on a disk: files survive unmounting, and the file system is clean.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

mnt=/tmp/disk-mnt

# What a shell finds to do with files: many small ones, a large one, renames, links, removal.
fill()
{
	local i
	mkdir -p $mnt/d/e
	for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" >"$mnt/d/$i"; done
	head -c $((3 << 20)) /dev/urandom >$mnt/large
	cp $mnt/large $mnt/copy
	mv $mnt/d/1 $mnt/d/e/one
	ln $mnt/d/2 $mnt/d/e/two
	ln -s ../2 $mnt/d/e/three
	rm $mnt/d/3
	truncate -s 1M $mnt/large
	dd if=/dev/urandom of=$mnt/holes bs=4k seek=50 count=3 2>/dev/null
	sync -f $mnt/large 2>/dev/null || sync
}

contents() { (cd $mnt && find . -type f ! -path './lost+found*' -exec sha256sum {} + | sort -k 2); }

# file_system TYPE MIB MKFS...
file_system()
{
	local fs=$1 back=/tmp/disk-$1 before disk
	disk_file "$back" "$2"
	modprobe -q "$fs" || { skip "$fs" "not in this kernel"; return; }
	type "$3" >/dev/null 2>&1 || { skip "$fs" "no $3"; return; }
	disk_device "$fs" "$back" direct=0 queues=2
	disk_wait "$CLIENT"
	disk=$REPLY
	check "$fs: make" "${@:3}" "$disk" || return
	check "$fs: mount" mount -t "$fs" "$disk" $mnt || return
	fill
	before=$(contents)
	check_errno "$fs: the driver cannot be removed meanwhile" "in use" rmmod vbus-blk
	check "$fs: unmount" umount $mnt
	check "$fs: mount again" mount -t "$fs" "$disk" $mnt
	check_equal "$fs: every file is as it was" "$before" "$(contents)"
	if [ "$fs" = ext4 ]; then
		check "$fs: trim" fstrim $mnt
	fi
	umount $mnt
	check "$fs: detach" detach "$CLIENT"
	attach "$fs-bus"
	disk_wait "$REPLY"
	check "$fs: mount in another life" mount -t "$fs" "$REPLY" $mnt
	check_equal "$fs: every file is still as it was" "$before" "$(contents)"
	umount $mnt
	check_not "$fs: the kernel is content" eval "dmesg | grep -qiE '($fs|EXT4-fs|XFS).*(error|corrupt)'"
}

disk_require
mkdir -p $mnt
at_exit umount $mnt
file_system ext4 24 mkfs.ext4 -q -F
file_system xfs 300 mkfs.xfs -q -f

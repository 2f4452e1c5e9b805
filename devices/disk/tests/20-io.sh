#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 240
# What is written is what is read, on the disk and behind it, past the page cache and through it.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

size=8

round()
{
	local what=$1 disk=$2 back=$3
	check "$what: write" dd if=$data of="$disk" bs=64k oflag=direct conv=notrunc,fsync
	check_equal "$what: it is behind the disk" "$sum" "$(sum_of "$back" $((size << 20)))"
	check_equal "$what: and can be read" "$sum" "$(dd if="$disk" bs=1M count=$size iflag=direct | sha256sum | cut -d' ' -f1)"
	check "$what: large writes" dd if=$data of="$disk" bs=4M oflag=direct conv=notrunc
	check_equal "$what: large reads" "$sum" "$(dd if="$disk" bs=4M count=$((size / 4)) iflag=direct | sha256sum | cut -d' ' -f1)"
	# One block in the middle, and its neighbours.
	pattern 4096 one >$one
	dd if=$one of="$disk" bs=4096 seek=7 oflag=direct conv=notrunc,fsync
	dd if=$one of=$data bs=4096 seek=7 conv=notrunc
	sum=$(sum_of $data)
	check_equal "$what: a single block" "$sum" "$(sum_of "$back" $((size << 20)))"
	check "$what: through the page cache" dd if=$data of="$disk" bs=10000 conv=notrunc,fsync
	check_equal "$what: the same" "$sum" "$(sum_of "$back" $((size << 20)))"
}

# Four writers at a time, each with a part of its own.
parallel()
{
	local i pids=()
	for i in 0 1 2 3; do
		dd if=$data of="$1" bs=4k skip=$((i * 512)) seek=$((i * 512)) count=512 oflag=direct conv=notrunc &
		pids+=($!)
	done
	wait "${pids[@]}"
}

disk_require
dir=/tmp/disk-io data=/tmp/disk-io/data one=/tmp/disk-io/one
mkdir -p $dir
at_exit rm -rf $dir
head -c $((size << 20)) /dev/urandom >$data
sum=$(sum_of $data)

disk_file $dir/file 16
disk_device f $dir/file queues=2 direct=0 serial=ABC-1
disk_wait "$CLIENT"
check_equal "a disk appears" 0 $?
disk=$REPLY name=${REPLY#/dev/}
check_equal "its size" 32768 "$(cat "/sys/block/$name/size")"
check_equal "its serial number" ABC-1 "$(cat "/sys/block/$name/serial")"
check_equal "its queues" 2 "$(find "/sys/block/$name/mq" -mindepth 1 -maxdepth 1 | wc -l)"
check_equal "it has a cache to be flushed" "write back" "$(cat "/sys/block/$name/queue/write_cache")"
check_equal "and takes FUA" 1 "$(cat "/sys/block/$name/queue/fua")"
check_equal "the file is cached" cached "$(attr f io_mode)"
round "file" "$disk" $dir/file
parallel "$disk"
check_equal "parallel writers" "$sum" "$(sum_of $dir/file $((size << 20)))"
check_equal "both queues were used" 2 "$(find "$SYSV/instances/f-bus/clients/$CLIENT" -path '*/q[12]/packets' -exec grep -L -x 0 {} + | wc -l)"
check_equal "no doorbell was missed" 0 "$(queue_count "$CLIENT" missed)"
check_equal "nothing was refused" 0 "$(queue_count "$CLIENT" bad)"

disk_ram 16
block=$REPLY
disk_device r "$block"
disk_wait "$CLIENT"
check_equal "a disk on a block device" 0 $?
disk=$REPLY name=${REPLY#/dev/}
check_equal "with one queue, requests are not sorted before they are sent" "[none]" "$(grep -o '\[.*\]' "/sys/block/$name/queue/scheduler")"
check_equal "bypasses the cache" direct "$(attr r io_mode)"
round "device" "$disk" "$block"
check_equal "no doorbell was missed" 0 "$(queue_count "$CLIENT" missed)"

disk_file $dir/ro 4
disk_device o $dir/ro ro=1 block_size=4096
disk_wait "$CLIENT"
name=${REPLY#/dev/}
check_equal "a disk can be read-only" 1 "$(cat "/sys/block/$name/ro")"
check_equal "have other blocks" 4096 "$(cat "/sys/block/$name/queue/logical_block_size")"
check_not "and be not written to" dd if=$one of="$REPLY" bs=4096 count=1 oflag=direct conv=notrunc
check "but read" dd if="$REPLY" of=/dev/null bs=4096 count=1 iflag=direct

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The part of the disk benchmark that runs in the machine: a file on ext4 on a disk of memory, as it
# is, behind the loop driver, and behind a vbus disk over loopback; each with and without the page
# cache of the file. Rounds are interleaved. Writes key<TAB>requests per second to /out/disk.tsv.
# usage: guest.sh ROUNDS MILLISECONDS
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../lib/disk.sh"
rounds=$1 ms=$2
mnt=/tmp/bench-disk

one() { printf '%s\t%s\n' "$1" "$(diskbench "$2" "${@:3}" "$ms")" >>/out/disk.tsv; }

everywhere()
{
	local name=$1
	shift
	one "$name:raw" $mnt/file "$@"
	one "$name:loop-direct" "$loop_direct" "$@"
	one "$name:vbus-direct" "$vbus_direct" "$@"
	one "$name:loop-cached" "$loop_cached" "$@"
	one "$name:vbus-cached" "$vbus_cached" "$@"
}

loop_of()
{
	local dev
	dev=$(losetup -f --show "$@") || return
	at_exit losetup -d "$dev"
	REPLY=$dev
}

disk_require loop ext4
disk_ram 320
mkfs.ext4 -q -F -O ^has_journal -b 4096 "$REPLY" && mkdir -p $mnt && mount "$REPLY" $mnt || exit 1
at_exit umount $mnt
for f in file direct cached; do
	head -c $((64 << 20)) /dev/zero >$mnt/$f
done
sync
loop_of --direct-io=on $mnt/direct && loop_direct=$REPLY
loop_of $mnt/cached && loop_cached=$REPLY
disk_device vd $mnt/direct && disk_wait "$CLIENT" && vbus_direct=$REPLY
direct_client=$CLIENT
disk_device vc $mnt/cached direct=0 && disk_wait "$CLIENT" && vbus_cached=$REPLY
check_equal "past the cache" direct "$(attr vd io_mode)"
check_equal "through it" cached "$(attr vc io_mode)"
for ((i = 0; i < rounds; i++)); do
	for op in read write; do
		everywhere "$op-4k-1" $op rand 4096 1
		everywhere "$op-4k-32" $op rand 4096 32
		everywhere "$op-1m" $op seq 1048576 4
	done
done
for name in doorbells interrupts suppressed packets copies missed ring_full; do
	printf 'count:%s\t%s\n' $name "$(queue_count "$direct_client" $name)" >>/out/disk.tsv
done
pass "measured"

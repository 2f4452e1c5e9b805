#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A virtual machine with three disks on like files: vbus, and virtio-blk served by QEMU with aio=native
# and with aio=io_uring, neither with the page cache of the host. One after the other in each round,
# beside a file of the host as it is.
# usage: disk-kvm.sh time ROUNDS MILLISECONDS   requests a second; counts of exits and context switches
#        disk-kvm.sh insn MILLISECONDS          the same, in a machine that counts instructions

# shellcheck source=tests/bench/guest/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../../lib/guest.sh"
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../lib/disk.sh"

RESULTS=/out/disk-kvm-$1.tsv
MNT=/tmp/bench-disk
MIB=64
NS_PER_INSN=2
TRACE=/sys/kernel/tracing
KINDS='vbus native io_uring'
declare -A DISK

# ---- the machine ----

files()
{
	local kind
	disk_ram 320
	mkfs.ext4 -q -F -O ^has_journal -b 4096 "$REPLY" && mkdir -p $MNT && mount "$REPLY" $MNT || return
	at_exit umount $MNT
	for kind in host $KINDS; do
		head -c $((MIB << 20)) /dev/zero >$MNT/$kind || return
	done
	sync
}

# virtio KIND: adds to array disks
virtio()
{
	disks+=(-drive "if=none,id=$1,file=$MNT/$1,format=raw,cache=none,aio=$1"
		-device "virtio-blk-pci,drive=$1,serial=$1")
}

machine()
{
	local disks=()
	bus_create disk-bus && device_create disk disk && link disk disk-bus &&
		attr disk src_path $MNT/vbus && enable disk || return
	virtio native
	virtio io_uring
	guest_start vm disk-bus "${disks[@]}"
	guest_ready vm
}

# The serial number of a vbus disk is the name of its device.
find_disk()
{
	local serial=$1
	[ "$1" != vbus ] || serial=disk
	guest_wait vm 20 "grep -lx $serial /sys/block/*/serial" || return
	DISK[$1]=/dev/$(guest_run vm "grep -lx $serial /sys/block/*/serial | cut -d/ -f4")
}

disks()
{
	local kind
	guest_run vm 'for m in virtio_pci virtio_blk vbus-pci vbus-blk; do modprobe $m || echo no $m; done'
	for kind in $KINDS; do
		find_disk "$kind" || { comment "the machine has no disk $kind"; return 1; }
	done
}

# ---- what is measured ----

# bench KIND ARGUMENTS...: requests a second
bench()
{
	local kind=$1
	shift
	if [ "$kind" = host ]; then
		diskbench $MNT/host "$@"
	else
		guest_run vm "diskbench ${DISK[$kind]} $*"
	fi
}

everywhere()
{
	local name=$1 kind rate
	shift
	for kind in host $KINDS; do
		if rate=$(bench "$kind" "$@"); then
			record "$name $kind" "$rate"
		else
			fail "$name $kind" "$rate"
		fi
	done
}

measure_times()
{
	local round op ms=$2
	for ((round = 0; round < $1; round++)); do
		for op in read write; do
			everywhere $op-4k-1 $op rand 4096 1 "$ms"
			everywhere $op-4k-32 $op rand 4096 32 "$ms"
			everywhere $op-1m $op seq 1048576 4 "$ms"
		done
	done
}

# The clock advances with the instructions of everything: host and guest.
measure_insn()
{
	local op kind depth rate
	for kind in $KINDS; do
		for op in read write; do
			for depth in 1 32; do
				rate=$(bench "$kind" $op rand 4096 $depth "$1") || { fail "$kind: $op, $depth"; continue; }
				record "insn $op-4k-$depth $kind" "$(awk -v r="$rate" "BEGIN { printf \"%d\", 1e9 / $NS_PER_INSN / r }")"
			done
		done
	done
}

# ---- counts ----

switches() { sed -n 's/^ctxt //p' /proc/stat; }
exits() { cat /sys/kernel/debug/kvm/exits; }
trace_user() { put "$1" $TRACE/events/kvm/kvm_userspace_exit/enable; }
traced() { awk '/^entries:|^overrun:/ { n += $2 } END { print n + 0 }' $TRACE/per_cpu/cpu*/stats; }

# counted KIND REQUESTS ARGUMENTS...: $SWITCHES, $EXITS, $USER_EXITS
counted()
{
	local kind=$1 requests=$2 s e
	shift 2
	: >$TRACE/trace
	s=$(switches) e=$(exits)
	bench "$kind" "$@" 600000 "$requests" >/dev/null || return
	SWITCHES=$(($(switches) - s)) EXITS=$(($(exits) - e)) USER_EXITS=$(traced)
}

# What one request more costs: a long run less a short one, so that starting the program and talking
# to the machine is not counted.
count()
{
	local kind=$1 name=$2 few=200 many=1200 switches exits user
	shift 2
	counted "$kind" $few "$@" || return
	switches=$SWITCHES exits=$EXITS user=$USER_EXITS
	counted "$kind" $many "$@" || return
	record "switches $name $kind" "$(ratio $((SWITCHES - switches)) $((many - few)))"
	record "exits $name $kind" "$(ratio $((EXITS - exits)) $((many - few)))"
	record "user $name $kind" "$(ratio $((USER_EXITS - user)) $((many - few)))"
}

ratio() { awk -v a="$1" -v n="$2" 'BEGIN { printf "%.3f", a / n }'; }

measure_counts()
{
	local kind op depth
	trace_user 1
	for kind in $KINDS; do
		for op in read write; do
			for depth in 1 32; do
				count "$kind" $op-4k-$depth $op rand 4096 $depth || fail "$kind: counts of $op, $depth"
			done
		done
	done
	trace_user 0
}

guest_require vbus-dev-disk
modprobe -q ext4
if ! { files && machine && disks; }; then
	fail "a machine with three disks"
	exit 1
fi
pass "a machine with three disks"
check_equal "no page cache on the way" direct "$(attr disk io_mode)"
case $1 in
time)
	measure_times "$2" "$3"
	measure_counts
	check_equal "doorbells are eventfds" 1 "$(cat "$SYSV"/instances/disk-bus/clients/*/doorbell | grep -c '^eventfd ')"
	;;
insn) measure_insn "$2" ;;
esac
check_equal "the disk had no errors" 0 "$(attr disk errors)"
pass "all rounds were run"

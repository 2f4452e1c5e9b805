# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Disks for test scripts.
#
#   disk_require [MODULE...]     modules; skips without them
#   disk_file FILE MIB           a file of zeroes, removed at the end
#   disk_ram [MIB]               -> a block device of memory, one for each script
#   disk_device DEV PATH [ATTR=VALUE]...   a device on bus DEV-bus, enabled, and attached: sets CLIENT
#   disk_wait CLIENT [ID]        -> /dev/vbd<x> of a client, when it is there
#   disk_gone DEVICE             wait until the disk is gone
#   has_no_disk CLIENT ID        is there none at the port?
#   pattern BYTES SEED           reproducible bytes on stdout
#   sum_of FILE [BYTES]          checksum
#   quick COMMAND...             must take less than a second (debug kernel: five)
#   queue_count CLIENT NAME      sum of a counter of the device side's queues

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

disk_require()
{
	local module
	vbus_require vbus-dev-disk vbus-blk vbus-loopback
	for module; do
		modprobe -q "$module" || skip_all "module $module is not there"
	done
}

disk_file()
{
	rm -f "$1"
	truncate -s "$2M" "$1" || return
	at_exit rm -f "$1"
}

disk_ram()
{
	if modprobe -q brd rd_nr=1 rd_size=$((${1:-32} * 1024)); then
		at_exit rmmod brd
		REPLY=/dev/ram0
		return
	fi
	modprobe -q loop
	disk_file /tmp/disk-ram "${1:-32}" && REPLY=$(losetup -f --show /tmp/disk-ram) || return
	at_exit losetup -d "$REPLY"
}

disk_device()
{
	local dev=$1 path=$2 set
	shift 2
	bus_create "$dev-bus" && device_create "$dev" disk && link "$dev" "$dev-bus" || return
	for set; do
		attr "$dev" "${set%%=*}" "${set#*=}" || return
	done
	attr "$dev" src_path "$path" && enable "$dev" && attach "$dev-bus" || return
	# shellcheck disable=SC2034 # for the script
	CLIENT=$REPLY
}

disk_of() { ls "$PROXY/$1:$2/block" 2>/dev/null; }

has_disk()
{
	REPLY=$(disk_of "$1" "$2")
	[ -n "$REPLY" ] && REPLY=/dev/$REPLY && [ -b "$REPLY" ]
}

has_no_disk() { [ -z "$(disk_of "$1" "$2")" ]; }

disk_wait()
{
	wait_for 10 has_disk "$1" "${2:-0}" && return
	REPLY=''
	return 1
}

disk_gone() { wait_for 10 test ! -e "/sys/block/${1#/dev/}"; }

pattern() { yes "pattern $2" | head -c "$1"; }

sum_of() { head -c "${2:-1000000000}" "$1" | sha256sum | cut -d' ' -f1; }

quick()
{
	local began took limit=1000
	[ "${VBUS_KERNEL:-}" != debug ] || limit=5000
	began=${EPOCHREALTIME/./}
	"$@" || return
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	comment "$* took $took ms"
	[ $took -lt $limit ]
}

queue_count()
{
	find "$SYSV/instances/"*"/clients/$1" -name "$2" -type f -exec cat {} + 2>/dev/null |
		awk '{ sum += $1 } END { print sum + 0 }'
}

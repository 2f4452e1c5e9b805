#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 300
# Who gets a function: members of its bus, one each.
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

guest_require
bridge_create vbr0
bus_create b1 && bus_create b2
FN=$(readlink -f "$SYSV/instances/b1/kvm")

# What a QEMU that never boots says; it is ended if it got as far as running.
attempt()
{
	timeout 15 qemu-system-x86_64 -S -M q35 -m 64 -nodefaults -display none \
		-device "vfio-pci,sysfsdev=$1" 2>&1 </dev/null
}

check "a bus has a function" test -e "$FN/iommu_group"
check_errno "an unbound process cannot open it" EPERM attempt "$SYSV/instances/b1/kvm"
# shellcheck disable=SC2016 # for the inner shell
in_bus() { bash -c 'echo "$1" >/proc/self/vbus && shift && "$@"' - "$@"; }
export -f attempt
check_errno "nor can a member of another bus" EPERM in_bus b2 bash -c "attempt $FN"
check "qemu-kvm names what is missing" bash -c 'qemu-kvm -S 2>&1 | grep -q /proc/self/vbus'
check_errno "a process joins no unknown bus" ENOENT bash -c 'echo nobus >/proc/self/vbus'

guest_start one b1
guest_start two b1
guest_start three b2
guest_ready one && guest_ready two && guest_ready three
check_equal "two guests share a bus" 2 "$(clients b1 | wc -w)"
check "a third is on the other" test "$(clients b2 | wc -w)" = 1
check_errno "a function is taken once" EBUSY in_bus b1 bash -c "attempt $FN"
device_create shared venet-tap && enable shared && link shared b1
for g in one two three; do guest_run $g 'modprobe -a vbus-pci vbus-enet'; done
check "one of the two gets the device" guest_wait one 10 'ls /sys/bus/vbus-proxy/devices | grep -q .'
check "the other one sees it" guest_wait two 10 'ls /sys/bus/vbus-proxy/devices | grep -q .'
check_equal "but only one has the interface" 1 \
	"$({ guest_run one 'ls /sys/class/net'; guest_run two 'ls /sys/class/net'; } | grep -c vbus)"
check_not "a guest of another bus does not see it" guest_run three 'ls /sys/bus/vbus-proxy/devices | grep -q .'
check_errno "a bus with clients stays" EBUSY rmdir "$CFG/instances/b2"
for g in one two three; do guest_kill $g; done
check "all are gone" wait_for 15 no_clients b1 b2

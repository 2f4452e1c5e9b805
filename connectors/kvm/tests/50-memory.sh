#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# full
# nested
# timeout: 400
# Guests whose DMA addresses are not their memory addresses: an IOMMU in the
# machine, and bounce buffers.
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

guest_require
bridge_create vbr0
did "buses" guest_bus client
did "with devices" guest_bus server
GUEST_APPEND='intel_iommu=on iommu.passthrough=0' GUEST_MACHINE=q35,kernel-irqchip=split \
	guest_start client client-bus -device intel-iommu,caching-mode=on
GUEST_APPEND='swiotlb=force' guest_start server server-bus
guest_ready client && guest_ready server
check "with an IOMMU" guest_net client 10.90.0.1/24
check "which translates" guest_run client 'ls /sys/kernel/iommu_groups | grep -q . && ! grep -q identity /sys/kernel/iommu_groups/*/type'
check "with bounce buffers" guest_net server 10.90.0.2/24
check "they reach each other" guest_wait client 10 'ping -c 1 -W 1 10.90.0.2'
check "with large packets" guest_run client 'ping -c 20 -i 0.1 -s 1400 -W 2 -q 10.90.0.2'
guest_run server 'iperf3 -s -D'
check "TCP" guest_run client 'iperf3 -c 10.90.0.2 -n 2M'
check "TCP the other way" guest_run client 'iperf3 -c 10.90.0.2 -n 2M -R'
# What the kernel says of the processor while it boots is not ours.
complaints() { guest_run "$1" "dmesg | sed -n '/vbus_ring/,\$p' | grep -iE 'dmar.*fault|swiotlb.*full|WARNING|BUG:'"; }
check_equal "no complaints in the one" '' "$(complaints client)"
check_equal "nor in the other" '' "$(complaints server)"
guest_kill client
guest_kill server

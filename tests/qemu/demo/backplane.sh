#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The administrator's script of a chassis, on the master: a bus for each board, with an Ethernet device
# in a bridge and a console on it.
set -e
modprobe -a venet-tap vbus-agent vbus-link-ivshmem
mount -t configfs configfs /config
ip link add vbus-br0 type bridge forward_delay 0
ip addr add 10.0.0.254/24 dev vbus-br0
ip link set vbus-br0 up
device()
{
mkdir /config/vbus/devices/$1-$2
echo $3 > /config/vbus/devices/$1-$2/type
ln -s /config/vbus/devices/$1-$2 /config/vbus/instances/$1-bus
echo 1 > /sys/vbus/devices/$1-$2/enabled
}
board()
{
mkdir /config/vbus/instances/$1-bus
device $1 net venet-tap
device $1 con console
ifname=$(cat /sys/vbus/devices/$1-net/ifname)
ip link set $ifname master vbus-br0 up
echo 3000 > /sys/bus/pci/devices/$2/vbus/heartbeat_timeout
echo $1-bus > /sys/bus/pci/devices/$2/vbus/bus
}
board board0 0000:00:10.0
board board1 0000:00:12.0

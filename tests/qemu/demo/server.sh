#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The administrator's script for two more devices of the server: a console, and a disk that is a file.
set -e
mkdir -p /srv/files
echo "the host was here" > /srv/files/from-host
truncate -s 64M /srv/data.img
mkfs.ext4 -q -d /srv/files /srv/data.img
adddevice()
{
mkdir /config/vbus/devices/$1
echo $2 > /config/vbus/devices/$1/type
ln -s /config/vbus/devices/$1 /config/vbus/instances/server-bus
}
adddevice server-con console
adddevice server-data disk
echo /srv/data.img > /sys/vbus/devices/server-data/src_path
echo 1 > /sys/vbus/devices/server-con/enabled
echo 1 > /sys/vbus/devices/server-data/enabled

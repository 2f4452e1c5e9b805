#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the test machine: the administrator's script as it is printed in the
# guide, two virtual machines on the two buses, one of them with its console and a
# disk from its bus, traffic between them, and a device that comes and goes while they run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/guest.sh
. "$here/../../lib/guest.sh" >/dev/null
# shellcheck source=tests/qemu/demo/lib.sh
. "$here/lib.sh"
# No test: no plan at the end.
trap - EXIT
seconds=${DEMO_SECONDS:-5}

# boot NAME: as the guide says, with ports for this script
boot()
{
	local guest_ports
	guest_ports "$1"
	echo "  (echo $1-bus > /proc/self/vbus; qemu-kvm -M q35 -m 256 -hda $1.img ...)"
	(echo "$1-bus" > /proc/self/vbus; exec qemu-kvm -M q35 -m 256 -drive "file=/guest/$1.img,format=raw" \
		"${guest_ports[@]}") >"$GUEST_DIR/$1/log" 2>&1 </dev/null &
	echo $! >"$GUEST_DIR/$1/pid"
}

# in_guest NAME COMMAND: show both
in_guest()
{
	echo "$1# $2"
	guest_run "$1" "$2" | sed 's/^/  /'
	return "${PIPESTATUS[0]}"
}

# The server's kernel was told console=ttyVC0; nobody has looked at the other end yet, which keeps
# the log from the first line on.
server_console()
{
	local tty
	tty=$(cat /sys/vbus/devices/server-con/tty)
	echo "  (a terminal on /dev/$tty; the log since the kernel started was waiting there)"
	bash "$here/terminal.sh" "/dev/$tty" 'cat /proc/consoles' 'mount -t ext4 /dev/vbda /mnt' 'cat /mnt/from-host' \
		'echo "$(hostname) was here" > /mnt/from-guest' 'umount /mnt' >/tmp/screen ||
		{ cat /tmp/screen; die "no login on the server"; }
	sed 's/^/  /' /tmp/screen
	grep -q 'Linux version 6' /tmp/screen || die "the server's console has not shown its log"
	grep -qx 'the host was here' /tmp/screen || die "the server did not read the disk"
}

server_disk()
{
	echo "  mount -t ext4 -o loop,ro /srv/data.img /mnt; cat /mnt/from-guest"
	mkdir -p /mnt
	mount -t ext4 -o loop,ro /srv/data.img /mnt || die "what the server left cannot be mounted"
	sed 's/^/  /' /mnt/from-guest
	grep -qx 'server was here' /mnt/from-guest || die "the server did not write the disk"
	umount /mnt
}

title "the administrator's script"
sed 's/^/  /' "$here/admin.sh"
bash "$here/admin.sh"

title "the server gets a console and a disk as well"
sed -n '/^[^#]/s/^/  /p' "$here/server.sh"
bash "$here/server.sh"

title "two virtual machines"
modprobe -q kvm_amd || modprobe -q kvm_intel || true
modprobe vbus-kvm
boot client
boot server
echo "  (booting from their disks takes a minute or two under emulation)"
guest_ready client 600 || die "the client does not boot"
guest_ready server 600 || die "the server does not boot"

title "what the guests see"
in_guest client 'lspci -n' || die "no lspci"
guest_wait client 20 'test -e /sys/class/net/vbus0' || die "the client has no interface"
guest_wait server 20 'test -e /sys/class/net/vbus0' || die "the server has no interface"
in_guest client 'ip -4 addr show vbus0'
in_guest client 'grep vbus /proc/interrupts'

title "topology, seen by the administrator"
vbusctl tree

title "the server's console, through vbus"
server_console

title "what the server wrote to its disk, read by the host"
server_disk

title "traffic from guest to guest"
guest_wait client 20 'ping -c 1 -W 1 10.0.0.2' || die "the server does not answer"
counters >/tmp/before
in_guest client 'ping -q -c 20 -i 0.1 10.0.0.2' || die "ping failed"
in_guest client "iperf3 -f m -t $seconds -c 10.0.0.2 | grep -E 'sender|receiver'" || die "iperf3 failed"
in_guest client "iperf3 -f m -R -t $seconds -c 10.0.0.2 | grep -E 'sender|receiver'" || die "iperf3 failed"
counters >/tmp/after

title "a device is added to the running client, and taken away"
mkdir /config/vbus/devices/second
echo venet-tap >/config/vbus/devices/second/type
echo 1 >/sys/vbus/devices/second/enabled
echo "  ln -s /config/vbus/devices/second /config/vbus/instances/client-bus"
ln -s /config/vbus/devices/second /config/vbus/instances/client-bus
guest_wait client 20 'test -e /sys/class/net/vbus1' || die "it does not appear"
in_guest client 'ls /sys/class/net'
echo "  rm /config/vbus/instances/client-bus/second"
rm /config/vbus/instances/client-bus/second
guest_wait client 20 '! test -e /sys/class/net/vbus1' || die "it does not go"
in_guest client 'ls /sys/class/net'

title "counters that moved"
moved /tmp/before /tmp/after
[ -n "$(moved /tmp/before /tmp/after)" ] || die "no counter moved"
guest_kill client
guest_kill server
echo
echo "demo: ok"

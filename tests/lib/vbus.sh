# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The administrator's verbs for test scripts, over configfs and sysfs only.
# What a script makes with them is undone when it ends.  Verbs that answer
# something leave it in $REPLY (a subshell would lose the cleanup).
#
#   vbus_require [MODULE...]     root, modules, configfs; skips without them
#   bus_create BUS               bus_remove BUS
#   device_create DEV CLASS      device_remove DEV
#   link DEV BUS                 unlink_device DEV BUS
#   enable DEV / disable DEV     attr DEV NAME [VALUE]
#   attach BUS                   -> client        detach CLIENT
#   client_count BUS FILE        sum of a counter over a bus's clients
#   proxy CLIENT [ID]            -> sysfs folder of a proxy device
#   wait_netdev CLIENT [ID]      -> its network interface, when it is there
#   host_netdev DEV              -> the interface of a venet-tap device
#   namespace NAME               a network namespace; in_ns NAME COMMAND...
#   move_netdev IF NS ADDRESS    into a namespace, up, with an address
#   venet_pair BUS_A BUS_B       two buses with a bridged venet-tap each,
#                                drivers in namespaces of the buses' names

# shellcheck source=tests/lib/ktap.sh
. "$(dirname "${BASH_SOURCE[0]}")/ktap.sh"

SYSV=/sys/vbus
PROXY=/sys/bus/vbus-proxy/devices
# The administrator's guide mounts configfs here; so does a machine of its own.
CFG=''

# A failed redirection is only visible to a caller as a command of its own.
put() { printf '%s\n' "$1" >"$2"; }

mount_configfs()
{
	modprobe configfs 2>/dev/null
	CFG=$(awk '$3 == "configfs" { print $2; exit }' /proc/mounts)
	if [ -z "$CFG" ]; then
		CFG=/config
		mkdir -p "$CFG"
		mount -t configfs configfs "$CFG" || skip_all "configfs cannot be mounted"
		at_exit umount "$CFG"
	fi
	CFG=$CFG/vbus
}

vbus_require()
{
	local module
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	for module in vbus "$@"; do
		modprobe -q "$module" || skip_all "module $module is not there"
	done
	mount_configfs
	[ -d "$CFG" ] || skip_all "configfs has no vbus"
}

bus_create()
{
	mkdir "$CFG/instances/$1" || return
	at_exit bus_remove "$1"
}

bus_remove() { wait_for 2 rmdir "$CFG/instances/$1"; }

device_create()
{
	mkdir "$CFG/devices/$1" || return
	at_exit device_remove "$1"
	put "$2" "$CFG/devices/$1/type"
}

device_remove() { wait_for 2 rmdir "$CFG/devices/$1"; }

link()
{
	ln -s "$CFG/devices/$1" "$CFG/instances/$2" || return
	at_exit unlink_device "$1" "$2"
}

unlink_device() { rm "$CFG/instances/$2/$1"; }

enable() { put 1 "$SYSV/devices/$1/enabled"; }
disable() { put 0 "$SYSV/devices/$1/enabled"; }

attr()
{
	if [ $# = 3 ]; then put "$3" "$SYSV/devices/$1/$2"; else cat "$SYSV/devices/$1/$2"; fi
}

clients() { ls "$SYSV/instances/$1/clients" 2>/dev/null; }

attach()
{
	local before
	modprobe -q vbus-loopback
	before=$(clients "$1")
	put "$1" "$SYSV/connectors/loopback/attach" || return
	REPLY=$({ clients "$1"; echo "$before"; } | grep . | sort | uniq -u | head -n 1)
	[ -n "$REPLY" ] || return
	at_exit detach "$REPLY"
}

detach() { put "$1" "$SYSV/connectors/loopback/detach"; }

client_count()
{
	find "$SYSV/instances/$1/clients" -name "$2" -type f -exec cat {} + 2>/dev/null |
		awk '{ sum += $1 } END { print sum + 0 }'
}

proxy()
{
	REPLY=''
	wait_for 5 test -e "$PROXY/$1:${2:-0}" || return
	REPLY=$PROXY/$1:${2:-0}
}

has_netdev() { [ -n "$(ls "$PROXY/$1:$2/net" 2>/dev/null)" ]; }

wait_netdev()
{
	REPLY=''
	modprobe -q vbus-enet
	wait_for 5 has_netdev "$1" "${2:-0}" || return
	REPLY=$(ls "$PROXY/$1:${2:-0}/net")
}

host_netdev() { REPLY=$(cat "$SYSV/devices/$1/ifname"); }

in_ns()
{
	local ns=$1
	shift
	ip netns exec "$ns" "$@"
}

namespace()
{
	ip netns add "$1" || return
	at_exit ip netns del "$1"
	in_ns "$1" ip link set lo up
}

move_netdev()
{
	ip link set "$1" netns "$2" || return
	in_ns "$2" ip addr add "$3" dev "$1"
	in_ns "$2" ip link set "$1" up
}

bridge_create()
{
	ip link add "$1" type bridge forward_delay 0 || return
	at_exit ip link del "$1"
	ip link set "$1" up
}

# One end of a pair: a bus with one venet-tap device in the bridge, and its
# driver in a namespace.
venet_end()
{
	local bus=$1 bridge=$2 address=$3 nic
	bus_create "$bus" && device_create "$bus-dev" venet-tap &&
		link "$bus-dev" "$bus" && enable "$bus-dev" || return
	host_netdev "$bus-dev"
	ip link set "$REPLY" master "$bridge" up || return
	attach "$bus" || return
	wait_netdev "$REPLY" || return
	nic=$REPLY
	namespace "$bus" && move_netdev "$nic" "$bus" "$address" || return
	REPLY=$nic
}

venet_pair()
{
	bridge_create vbr0 || return
	venet_end "$1" vbr0 10.90.0.1/24 && venet_end "$2" vbr0 10.90.0.2/24 || return
	wait_for 5 in_ns "$1" ping -c 1 -W 1 10.90.0.2
}

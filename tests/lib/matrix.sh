# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Cases of the conformance matrix: tests/matrix/<model>/*.sh, each run over every
# connector that has a side.sh.  A case does not know which; it has a bus "mbus"
# with a device "mdev", and the driver side only through these:
#
#   matrix_begin CLASS        bus and device, and the driver side on the bus
#   side_attach BUS           bring the driver side up (matrix_begin does it)
#   side_detach               root takes the bus away from it
#   side_gone                 is nothing of it left on the bus?
#   side_echo KIND COUNT BYTES   verified round trips to an echo device;
#                             KIND is call or queue; returns when done
#   side_net ADDRESS          its virtual-ethernet answers at ADDRESS (of a /24)
#   side_ping ADDRESS COUNT   ping from there; after side_net
#   side_disk_write BYTES     the pattern to the beginning of its disk, and flush
#   side_disk_sum BYTES       -> md5sum of the beginning of the disk, to stdout
#   side_console_send BYTES   the pattern out of its first console
#   side_console_sum BYTES    -> md5sum of what comes in, to stdout
#
# connectors/<c>/side.sh has these, says with side_require what it needs, and may leave
# out what its driver sides cannot do: a case that needs it is skipped.  A case whose
# device wants attributes before it is enabled sets them in a function "model".
#
#   pattern BYTES             bytes that are the same everywhere; pattern_sum BYTES

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

MATRIX_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# shellcheck source=connectors/loopback/side.sh
. "$MATRIX_TOP/connectors/${VBUS_CONNECTOR:-loopback}/side.sh"

# matrix_begin CLASS [VERB...]: skips where a verb is missing
matrix_begin()
{
	local class=$1 verb
	shift
	for verb; do
		declare -F "$verb" >/dev/null || skip_all "$VBUS_CONNECTOR has no $verb"
	done
	side_require
	vbus_require
	modprobe -q "vbus-class-$class" || skip_all "there is no class $class"
	bus_create mbus && device_create mdev "$class" && link mdev mbus || exit 1
	! declare -F model >/dev/null || model || exit 1
	[ ! -e "$SYSV/devices/mdev/enabled" ] || enable mdev || exit 1
	side_attach mbus || { fail "the driver side comes up"; exit 1; }
}

pattern() { seq 1 100000000 | head -c "$1"; }
pattern_sum() { pattern "$1" | md5sum | cut -c1-32; }

# The host's end of a venet-tap, in a namespace of its own.
matrix_host_net()
{
	host_netdev mdev
	namespace mhost && move_netdev "$REPLY" mhost "$1/24"
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests inside the test machine (tests/qemu/run --nested): stock QEMU, a stock
# kernel, this tree's driver-side modules.  Talked to through a port of their
# own; the console is only a log.
#
#   guest_require [MODULE...]       skips where there are no guests
#   guest_start NAME BUS [ARG]...   boot one on a bus (BUS '': on none, or a member of
#                                   $GUEST_MEMBER without its function), with more
#                                   arguments for QEMU; its kernel's from $GUEST_APPEND,
#                                   its first files from $GUEST_INITRD, if given
#   guest_ready NAME [SECONDS]      until it has booted; again after it rebooted
#   guest_run NAME COMMAND          its output and exit status; 124: no answer in
#                                   $GUEST_TIMEOUT seconds, 125: it is gone or rebooted
#   guest_net NAME ADDRESS          load the drivers; its vbus interface gets the address
#   guest_wait NAME SECONDS COMMAND until it succeeds in the guest
#   guest_monitor NAME COMMAND      a command of QEMU's monitor
#   guest_alive NAME                does its QEMU run?   guest_pid NAME -> $REPLY
#   guest_stop NAME                 power off       guest_kill NAME   kill -9
#   no_clients BUS...               has nobody these buses? (for wait_for)
#   guest_pair                      buses client-bus and server-bus with a bridged
#                                   venet-tap each, guests client (10.90.0.1) and
#                                   server (10.90.0.2) that reach each other

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

GUEST_ROOT=/guest
GUEST_DIR=/tmp/guests
GUEST_TIMEOUT=$((60 * ${VBUS_TIME_FACTOR:-1}))
GUEST_BOOT=$((180 * ${VBUS_TIME_FACTOR:-1}))
GUEST_MEM=256
GUEST_APPEND=''

# shellcheck disable=SC2120 # modules are optional
guest_require()
{
	[ -e "$GUEST_ROOT/image" ] || skip_all "needs guests, as in tests/qemu/run --nested"
	modprobe -q kvm_amd || modprobe -q kvm_intel
	[ -c /dev/kvm ] || skip_all "no /dev/kvm in this machine"
	vbus_require venet-tap vbus-kvm "$@"
}

# guest_ports NAME -> array guest_ports: QEMU's end of what is in the guest's folder
guest_ports()
{
	local dir=$GUEST_DIR/$1
	rm -rf "$dir"
	mkdir -p "$dir"
	mkfifo "$dir/cmd.in" "$dir/cmd.out" "$dir/mon.in" "$dir/mon.out"
	# shellcheck disable=SC2054 # the commas are QEMU's
	guest_ports=(-nodefaults -no-user-config -display none
		-serial "file:$dir/console" -chardev "pipe,id=cmd,path=$dir/cmd" -serial chardev:cmd
		-chardev "pipe,id=mon,path=$dir/mon" -mon chardev=mon,mode=readline)
}

guest_kernel()
{
	guest_kernel=(-M "${GUEST_MACHINE:-q35}" -m "$GUEST_MEM"
		-kernel "$GUEST_ROOT/image" -initrd "${GUEST_INITRD:-$GUEST_ROOT/initrd}"
		-append "console=ttyS0 loglevel=4 panic=1 tsc=reliable clocksource=tsc mitigations=off nokaslr no_timer_check random.trust_cpu=on $GUEST_APPEND")
}

# By name, how it was started; nothing once it has booted.
declare -A guest_begun

guest_start()
{
	at_exit guest_kill "$1"
	printf -v "guest_begun[$1]" 'GUEST_MEM=%q GUEST_APPEND=%q GUEST_MACHINE=%q GUEST_MEMBER=%q GUEST_INITRD=%q guest_launch %s' \
		"$GUEST_MEM" "$GUEST_APPEND" "${GUEST_MACHINE:-}" "${GUEST_MEMBER:-}" "${GUEST_INITRD:-}" "$(printf '%q ' "$@")"
	guest_launch "$@"
}

guest_launch()
{
	local name=$1 bus=$2 guest_ports guest_kernel
	shift 2
	guest_ports "$name"
	guest_kernel
	if [ -n "$bus" ]; then
		(put "$bus" /proc/self/vbus &&
			exec qemu-kvm "${guest_kernel[@]}" "${guest_ports[@]}" "$@") >"$GUEST_DIR/$name/log" 2>&1 </dev/null &
	else
		({ [ -z "${GUEST_MEMBER:-}" ] || put "$GUEST_MEMBER" /proc/self/vbus; } &&
			exec qemu-system-x86_64 -accel kvm -cpu max "${guest_kernel[@]}" "${guest_ports[@]}" \
				"$@") >"$GUEST_DIR/$name/log" 2>&1 </dev/null &
	fi
	echo $! >"$GUEST_DIR/$name/pid"
}

guest_pid() { REPLY=$(cat "$GUEST_DIR/$1/pid" 2>/dev/null); }

guest_alive()
{
	guest_pid "$1"
	[ -n "$REPLY" ] && kill -0 "$REPLY" 2>/dev/null
}

# Lines from the guest up to the one wanted; a pipe that stays open has no end,
# so each line has its time.
guest_read_until()
{
	local name=$1 end=$((SECONDS + $2)) wanted=$3 line part=''
	while [ $SECONDS -lt $end ]; do
		if IFS= read -r -t 2 line; then
			line=$part$line
			part=''
			case $line in
			"$wanted"*) REPLY=$line; return 0 ;;
			@ready) : >"$GUEST_DIR/$name/ready"; return 125 ;;
			esac
			[ -z "${4:-}" ] || guest_output+=("$line")
		else
			# Time was up in the middle of a line, perhaps.
			part=$part$line
			guest_alive "$name" || return 125
		fi
	done <>"$GUEST_DIR/$name/cmd.out"
	return 124
}

# QEMU 7.2, emulating the host, may deliver an interrupt twice, the second time although the guest has
# disabled it (tests/qemu/README.rst); which then waits for a lock of its own for ever, before anything
# of ours runs in it: it gets another chance.
guest_again()
{
	local name=$1 how=${guest_begun[$1]:-}
	[ -n "$how" ] || return
	comment "guest $name does not boot: once more"
	guest_kill "$name"
	cp "$GUEST_DIR/$name/console" "$GUEST_DIR/$name.hung" 2>/dev/null || :
	sleep 1
	eval "$how"
}

guest_ready()
{
	local seconds=${2:-$GUEST_BOOT}
	# A command may have waited through a reboot already.
	if rm "$GUEST_DIR/$1/ready" 2>/dev/null || guest_read_until "$1" $((seconds / 4)) @ready ||
		{ guest_again "$1"; guest_read_until "$1" $((seconds / 4)) @ready; } ||
		{ guest_again "$1"; guest_read_until "$1" $((seconds / 2)) @ready; }; then
		guest_begun[$1]=''
		return
	fi
	comment "guest $1 does not boot"
	tail -n 15 "$GUEST_DIR/$1/log" "$GUEST_DIR/$1/console" 2>/dev/null | tr -d '\r' | sed 's/^/# /'
	return 1
}

guest_run()
{
	local name=$1 guest_output=() rc number
	# Unique also among subshells, which is where checks run.
	number=${EPOCHREALTIME/./}
	rm -f "$GUEST_DIR/$name/ready"
	guest_alive "$name" || return 125
	printf '%s %s\n' "$number" "$2" >"$GUEST_DIR/$name/cmd.in"
	guest_read_until "$name" "$GUEST_TIMEOUT" "@begin $number" || return
	guest_read_until "$name" "$GUEST_TIMEOUT" "@end $number " keep || return
	rc=${REPLY##* }
	# The mark begins with a line end of its own.
	[ ${#guest_output[@]} -le 1 ] || printf '%s\n' "${guest_output[@]:0:${#guest_output[@]}-1}"
	return "$rc"
}

guest_wait()
{
	guest_run "$1" "i=0; until $3 >/dev/null 2>&1; do i=\$((i + 1)); [ \$i -lt $(($2 * 5 * ${VBUS_TIME_FACTOR:-1})) ] || exit 1; sleep 0.2; done"
}

guest_net()
{
	guest_run "$1" 'modprobe -a vbus-pci vbus-enet' &&
		guest_wait "$1" 10 'test -e /sys/class/net/vbus0' &&
		guest_run "$1" "ip addr add $2 dev vbus0 && ip link set vbus0 up" && return
	guest_run "$1" 'dmesg | tail -n 15; ls /sys/bus/vbus-proxy/devices; grep vbus /proc/interrupts'
	return 1
}

guest_monitor() { printf '%s\n' "$2" >"$GUEST_DIR/$1/mon.in"; }

guest_ended() { ! guest_alive "$1"; }

guest_stop()
{
	guest_alive "$1" || return 0
	printf '%s %s\n' 0 'poweroff -f' >"$GUEST_DIR/$1/cmd.in"
	wait_for 20 guest_ended "$1" || guest_kill "$1"
}

guest_kill()
{
	guest_pid "$1"
	[ -n "$REPLY" ] || return 0
	kill -9 "$REPLY" 2>/dev/null
	# Its status is that of the kill.
	wait "$REPLY" 2>/dev/null || :
	wait_for 10 guest_ended "$1"
	rm -f "$GUEST_DIR/$1/pid"
}

# Has QEMU let go of its bus? A moment after its end it has.
no_clients()
{
	local bus
	for bus; do [ -z "$(clients "$bus")" ] || return; done
}

guest_bus()
{
	bus_create "$1-bus" && device_create "$1-dev" venet-tap && link "$1-dev" "$1-bus" &&
		enable "$1-dev" && host_netdev "$1-dev" && ip link set "$REPLY" master vbr0 up
}

guest_pair()
{
	bridge_create vbr0 && guest_bus client && guest_bus server || return
	guest_start client client-bus "$@"
	guest_start server server-bus "$@"
	guest_ready client && guest_ready server || return
	guest_net client 10.90.0.1/24 && guest_net server 10.90.0.2/24 || return
	guest_wait client 30 'ping -c 1 -W 1 10.90.0.2' && return
	guest_run client 'ip -s addr show vbus0; ip neigh; grep vbus /proc/interrupts'
	guest_run server 'ip -s addr show vbus0; ip neigh; grep vbus /proc/interrupts'
	bridge link
	return 1
}

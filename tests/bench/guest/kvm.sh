#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two virtual machines beside each other, each with four interfaces to the other: vbus through a
# bridge, vbus through a venet-loop, virtio-net with vhost-net, and virtio-net served by QEMU; the
# last two through a bridge. One after the other in each round, the same machines all the time.
# usage: kvm.sh time ROUNDS   times; counts of exits and context switches
#        kvm.sh insn          instructions, in a machine that counts them

# shellcheck source=tests/bench/guest/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../../lib/guest.sh"

RESULTS=/out/kvm-$1.tsv
ROUNDS=${2:-5}
NS_PER_INSN=2
KINDS='vbus loop vhost qemu'
TRACE=/sys/kernel/tracing
declare -A SUBNET=([vbus]=91 [loop]=92 [vhost]=93 [qemu]=94) NR=([client]=1 [server]=2)

# ---- the machines ----

mac() { printf '02:56:00:00:%02x:%02x' "${SUBNET[$1]}" "${NR[$2]}"; }

tap_bridge()
{
	bridge_create "vbr-$1" || return
	local guest
	for guest in client server; do
		ip tuntap add dev "$1-$guest" mode tap && at_exit ip link del "$1-$guest" &&
			ip link set "$1-$guest" master "vbr-$1" up || return
	done
}

# virtio GUEST KIND: adds to array nics
virtio()
{
	local vhost=off
	[ "$2" != vhost ] || vhost=on
	nics+=(-netdev "tap,id=$2,ifname=$2-$1,script=no,downscript=no,vhost=$vhost"
		-device "virtio-net-pci,netdev=$2,mac=$(mac "$2" "$1"),romfile=")
}

machine()
{
	local guest=$1 nics=()
	guest_bus "$guest" && link pair "$guest-bus" || return
	virtio "$guest" vhost && virtio "$guest" qemu
	guest_start "$guest" "$guest-bus" "${nics[@]}"
}

# address GUEST KIND INTERFACE: in the guest, an interface that others may not answer for
address()
{
	guest_run "$1" "echo 1 >/proc/sys/net/ipv6/conf/$3/disable_ipv6; ip addr add 10.${SUBNET[$2]}.0.${NR[$1]}/24 dev $3 && ip link set $3 up"
}

# The interface of the guest that has an address, or that belongs to a device of vbus.
nic_by_mac() { guest_run "$1" "grep -l $2 /sys/class/net/*/address | cut -d/ -f5"; }
nic_by_device() { guest_run "$1" "ls -d /sys/bus/vbus-proxy/devices/*:$2/net/* | sed 's,.*/,,'"; }

addresses()
{
	local guest=$1 kind nic n=0
	guest_run "$guest" 'for m in virtio_pci virtio_net vbus-pci vbus-enet pktgen sch_ingress cls_u32 act_gact; do modprobe $m || echo no $m; done'
	# shellcheck disable=SC2016 # for the guest's shell
	guest_wait "$guest" 20 'test $(ls -d /sys/bus/vbus-proxy/devices/*/net/* | wc -l) = 2' || return
	for kind in $KINDS; do
		case $kind in
		vbus|loop) nic=$(nic_by_device "$guest" $n); n=$((n + 1)) ;;
		*) nic=$(nic_by_mac "$guest" "$(mac "$kind" "$guest")") ;;
		esac
		[ -n "$nic" ] || { comment "$guest has no $kind"; return 1; }
		address "$guest" "$kind" "$nic" || return
		NIC[$guest-$kind]=$nic
	done
}

machines()
{
	local kind
	modprobe -a vhost_net tun || return
	bridge_create vbr0 && tap_bridge vhost && tap_bridge qemu &&
		device_create pair venet-loop && enable pair || return
	machine client && machine server || return
	guest_ready client && guest_ready server && addresses client && addresses server || return
	for kind in $KINDS; do
		guest_wait client 30 "ping -c 1 -W 1 10.${SUBNET[$kind]}.0.2" || {
			comment "$kind: no answer"
			guest_run client 'ip addr; dmesg | tail -n 20'
			guest_run server 'ip addr; dmesg | tail -n 5'
			return 1
		}
	done
	guest_run server 'sockperf server --tcp >/dev/null 2>&1 & sockperf server >/dev/null 2>&1 & iperf3 -s -D'
	sleep 1
}

# ---- what is measured ----

# rr KIND PROTOCOL BYTES SECONDS: -> MEDIAN, P99 (ns), SENT
rr()
{
	local out
	out=$(guest_run client "sockperf ping-pong -i 10.${SUBNET[$1]}.0.2 $([ "$2" = udp ] || echo --tcp) -m $3 -t $4 2>&1") || {
		comment "$out"
		return 1
	}
	MEDIAN=$(sed -n 's/.*percentile 50\.000 *= *\([0-9]*\)\.\([0-9]*\).*/\1\2/p' <<<"$out")
	P99=$(sed -n 's/.*percentile 99\.000 *= *\([0-9]*\)\.\([0-9]*\).*/\1\2/p' <<<"$out")
	SENT=$(sed -n 's/.*\[Total Run\].*SentMessages=\([0-9]*\).*/\1/p' <<<"$out")
	[ -n "$MEDIAN" ] && [ -n "$SENT" ] && [ "$SENT" -gt 0 ]
}

# stream KIND SECONDS -> MBITS
stream()
{
	local json
	json=$(guest_run client "iperf3 -J -t $2 -c 10.${SUBNET[$1]}.0.2") || return
	MBITS=$(sed -n '/"sum_received"/,/}/ s/.*"bits_per_second":[[:space:]]*\([0-9]*\).*/\1/p' <<<"$json")
	MBITS=$((${MBITS:-0} / 1000000))
}

received_by_server() { guest_run server "cat /sys/class/net/${NIC[server-$1]}/statistics/rx_packets"; }

pktgen_in_client()
{
	local nic=${NIC[client-$1]} mac line
	mac=$(guest_run server "cat /sys/class/net/${NIC[server-$1]}/address") || return
	guest_run client "cd /proc/net/pktgen && echo rem_device_all >kpktgend_0 && echo add_device $nic >kpktgend_0" || return
	for line in "count $2" 'clone_skb 0' 'pkt_size 60' 'delay 0' "dst_mac $mac" "dst 10.${SUBNET[$1]}.0.99"; do
		guest_run client "echo '$line' >/proc/net/pktgen/$nic" || { comment "pktgen refuses $line"; return 1; }
	done
	guest_run client "cd /proc/net/pktgen && echo start >pgctrl && sed -n 's/^Result: OK: \([0-9]*\).*/\1/p' $nic"
}

# burst KIND COUNT: frames of 64 bytes -> NS, GOT
burst()
{
	local before
	before=$(received_by_server "$1")
	NS=$(pktgen_in_client "$1" "$2") || { comment "$NS"; return 1; }
	NS=$((${NS:-0} * 1000))
	sleep 0.5
	GOT=$(($(received_by_server "$1") - before))
}

# ---- counts ----

per() { awk -v a="$1" -v n="$2" 'BEGIN { printf "%.3f", (n > 0 ? a / n : 0) }'; }
switches() { sed -n 's/^ctxt //p' /proc/stat; }
exits() { cat /sys/kernel/debug/kvm/exits; }

# Exits to user space are counted by a tracepoint, which costs: not while time is taken.
trace_event() { put "$2" "$TRACE/events/kvm/$1/enable"; }
traced() { awk '/^entries:|^overrun:/ { n += $2 } END { print n + 0 }' "$TRACE"/per_cpu/cpu*/stats; }

# What one packet more costs: a long run less a short one, so that starting programs and talking to
# the machine is not counted. A round trip is two packets.
some_rr() { rr "$1" udp 64 "$2" && PACKETS=$((SENT * 2)); }
some_burst() { burst "$1" "$(($2 * 10000))" && PACKETS=$GOT; }

# count WHAT KIND LENGTH -> PACKETS, EXITS, SWITCHES, USER
count()
{
	local s e
	s=$(switches) e=$(exits)
	"some_$1" "$2" "$3" || return
	SWITCHES=$(($(switches) - s)) EXITS=$(($(exits) - e))
}

count_user()
{
	local rc=0
	: >"$TRACE/trace"
	trace_event kvm_userspace_exit 1
	"some_$1" "$2" "$3" || rc=$?
	trace_event kvm_userspace_exit 0
	USER_EXITS=$(traced)
	return "$rc"
}

count_both()
{
	local what=$1 kind=$2 packets exits switches
	count "$what" "$kind" 1 || return
	packets=$PACKETS exits=$EXITS switches=$SWITCHES
	count "$what" "$kind" 4 || return
	record "$what $kind exits" "$(per $((EXITS - exits)) $((PACKETS - packets)))"
	record "$what $kind switches" "$(per $((SWITCHES - switches)) $((PACKETS - packets)))"
	# Traced, that does not come to an end; each notification goes to QEMU anyway.
	[ "$what $kind" != 'burst qemu' ] || return 0
	count_user "$what" "$kind" 1 || return
	packets=$PACKETS exits=$USER_EXITS
	count_user "$what" "$kind" 4 || return
	record "$what $kind user" "$(per $((USER_EXITS - exits)) $((PACKETS - packets)))"
}

# From the exit that a doorbell is to the interrupt that the other guest gets, while one packet at a
# time is under way.
host_part()
{
	local kind=$1
	put global "$TRACE/trace_clock"
	put 16384 "$TRACE/buffer_size_kb"
	: >"$TRACE/trace"
	for ev in kvm_pio kvm_mmio kvm_fast_mmio kvm_msi_set_irq; do trace_event $ev 1; done
	rr "$kind" udp 64 1
	for ev in kvm_pio kvm_mmio kvm_fast_mmio kvm_msi_set_irq; do trace_event $ev 0; done
	awk '
	{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) { t = $i + 0; ev = $(i + 1); break } }
	/kvm_pio: pio_write|kvm_mmio: mmio write|kvm_fast_mmio:/ { rung = t; next }
	/kvm_msi_set_irq:/ && rung { printf "%d\n", (t - rung) * 1e9; rung = 0 }' "$TRACE/trace" |
		sort -n | awk '{ v[NR] = $1 } END { if (NR > 100) print v[int((NR + 1) / 2)] }'
}

measure_times()
{
	local kind p round
	for ((round = 0; round < ROUNDS; round++)); do
		for kind in $KINDS; do
			for p in 'udp 14' 'udp 1400' 'tcp 14' 'tcp 1400'; do
				# shellcheck disable=SC2086 # two words
				rr $kind $p 1 || { fail "$kind: $p"; continue; }
				record "rr $kind $p median" "$MEDIAN"
				record "rr $kind $p p99" "$P99"
			done
			if stream "$kind" 2; then record "tcp $kind mbits" "$MBITS"; else fail "$kind: TCP"; fi
			burst "$kind" 20000 && [ "$GOT" -gt 0 ] || { fail "$kind: pktgen"; continue; }
			record "burst $kind ns" $((NS / GOT))
			record "burst $kind lost" $((20000 - GOT))
		done
	done
	for kind in $KINDS; do
		count_both rr "$kind" || fail "$kind: counts of round trips"
		count_both burst "$kind" || fail "$kind: counts under load"
		record "host $kind ns" "$(host_part "$kind")"
	done
}

# The clock advances with the instructions of everything: host, both guests, idling included.
measure_insn()
{
	local kind
	for kind in $KINDS; do
		burst "$kind" 500 && burst "$kind" 3000 && [ "$GOT" -gt 0 ] || { fail "$kind: pktgen"; continue; }
		record "insn burst $kind" $((NS / NS_PER_INSN / GOT))
		rr "$kind" udp 64 1 || { fail "$kind: round trips"; continue; }
		record "insn rr $kind" $((MEDIAN * 2 / NS_PER_INSN))
	done
}

guest_require
if ! machines; then
	fail "two machines reach each other four ways"
	exit 1
fi
pass "two machines reach each other four ways"
for kind in $KINDS; do
	# Its shell prefers busybox's tc.
	guest_run server "/usr/bin/tc qdisc add dev ${NIC[server-$kind]} clsact && /usr/bin/tc filter add dev ${NIC[server-$kind]} ingress protocol ip u32 match ip dst 10.${SUBNET[$kind]}.0.99/32 action drop" || comment "no sink on $kind"
done
case $1 in
time) measure_times ;;
insn) measure_insn ;;
esac
check_equal "doorbells of both are eventfds" 2 \
	"$(cat "$SYSV"/instances/{client,server}-bus/clients/*/doorbell | grep -c '^eventfd ')"
pass "all rounds were run"

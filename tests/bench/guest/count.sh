#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Instructions per packet and per call, in a machine that counts them (one processor, its clock
# advances by NS_PER_INSN for each instruction), and the memory a pair of queues takes.

# shellcheck source=tests/bench/guest/lib.sh
. "$(dirname "$0")/lib.sh"

NS_PER_INSN=2
COUNT=${COUNT:-4000}
TRACE=/sys/kernel/tracing

count_packets()
{
	local kind=$1 end=$2 bytes=$3 copies
	# The first ones find cold caches.
	pktgen "$kind" "$end" 500 "$bytes" && copies=$(vcount copies) &&
		pktgen "$kind" "$end" "$COUNT" "$bytes" || return
	record "insn $kind:$end $bytes" $((SENT_NS / NS_PER_INSN / COUNT))
	[ "$kind" = dummy ] || record "lost $kind:$end $bytes" $((COUNT - GOT))
	record "copies $kind:$end $bytes" $(($(vcount copies) - copies))
}

count_echo()
{
	local kind
	bus_create echo-bus && device_create echo-dev echo && link echo-dev echo-bus || return
	attach echo-bus && proxy "$REPLY" && wait_for 5 test -e "$REPLY/ping/run" || return
	for kind in call queue; do
		put 1000 "$REPLY/ping/count" && put 64 "$REPLY/ping/size" && put $kind "$REPLY/ping/run" || return
		record "insn echo $kind" $(($(cat "$REPLY/ping/median_ns") / NS_PER_INSN))
	done
}

# What the driver had allocated for the change and not freed again. Pages that slabs grow by are not
# counted twice, and files in sysfs apart.
sum_allocations()
{
	awk '
	function done_with_event() {
		if (!what) return
		if (stack !~ /enet_set_pairs/ || stack ~ /page_pool_alloc/) what = ""
		if (what == "page" && stack ~ /slab|kmalloc/) what = ""
		if (what) { size[ptr] = bytes; use[ptr] = "fixed" }
		if (what && stack ~ /kernfs|sysfs|kobject/) use[ptr] = "files"
		what = ""
	}
	function field(name,   m) {
		if (!match($0, name "=[^ ]*")) return ""
		m = substr($0, RSTART, RLENGTH)
		sub(/^[^=]*=/, "", m)
		return m
	}
	/^ => / { stack = stack $2 " "; next }
	/<stack trace>/ { next }
	/: (kmalloc|kmalloc_node|kmem_cache_alloc|kmem_cache_alloc_node): / {
		done_with_event(); what = "slab"; ptr = field("ptr"); bytes = field("bytes_alloc"); stack = "" ; next }
	/: mm_page_alloc: / {
		done_with_event(); what = "page"; ptr = field("pfn"); bytes = 4096 * 2 ^ field("order"); stack = ""; next }
	/: (kfree|kmem_cache_free): / { done_with_event(); delete size[field("ptr")]; next }
	/: mm_page_free: / { done_with_event(); delete size[field("pfn")]; next }
	END {
		done_with_event()
		for (p in size) sum[use[p]] += size[p]
		for (u in sum) print u, sum[u]
	}'
}

trace_events()
{
	local e
	for e in kmalloc kmalloc_node kmem_cache_alloc kmem_cache_alloc_node mm_page_alloc kfree \
		kmem_cache_free mm_page_free; do
		[ -d "$TRACE/events/kmem/$e" ] || continue
		case $e:$1 in
		*free:*|*:off) ;;
		*) put stacktrace "$TRACE/events/kmem/$e/trigger" ;;
		esac
		put "$([ "$1" = on ] && echo 1 || echo 0)" "$TRACE/events/kmem/$e/enable"
		[ "$1" = on ] || put '!stacktrace' "$TRACE/events/kmem/$e/trigger" 2>/dev/null
	done
}

# One pair more for a running driver, and what that allocated.
count_memory()
{
	local use bytes
	put 16384 $TRACE/buffer_size_kb
	put 1 $TRACE/set_event_pid
	trace_events on
	bash -c "echo \$\$ >$TRACE/set_event_pid; exec ip netns exec tap ethtool -L ${NIC[tap_b]} combined 2"
	trace_events off
	sum_allocations <$TRACE/trace >/tmp/memory
	while read -r use bytes; do record "memory $use" "$bytes"; done </tmp/memory
	put '' $TRACE/set_event_pid
	# A page for each slot; they are allocated in bulk, of which the events say nothing.
	bytes=$(in_ns tap ethtool -g "${NIC[tap_b]}" | awk '/^RX:/ { n = $2 } END { print n * 4096 }')
	record "memory buffers" "$bytes"
	grep -q fixed /tmp/memory
}

vbus_require venet-tap vbus-enet vbus-loopback vbus-dev-echo vbus-echo pktgen veth dummy
device_create tap-dev venet-tap && attr tap-dev queues 2 || fail "venet-tap with two queues"
count_echo || fail "echo"
for kind in dummy veth tap loop; do
	wire_up $kind || { fail "$kind: the wire works"; exit 1; }
done
count_memory || fail "memory of a pair of queues"
in_ns tap ethtool -L "${NIC[tap_b]}" combined 1
for path in dummy:a veth:a tap:a tap:b loop:a; do
	[ $path = dummy:a ] || sink "${path%:*}" "$(other "${path#*:}")" || fail "$path: the sink"
	for bytes in 64 256 1024 1518; do
		count_packets "${path%:*}" "${path#*:}" $bytes || fail "$path: pktgen"
	done
done
pass "everything was counted"

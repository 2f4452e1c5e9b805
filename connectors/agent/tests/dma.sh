#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 400
# Large copies between the master and a board are made by a DMA engine - here one of software, since
# the emulated machines have none - and small ones by a processor. An engine that fails or hangs
# costs time, one that cannot be stopped the request it was working on, and a board that dies waits
# for neither.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

[ -z "${CHASSIS_NTB:-}" ] || skip_all "knows QEMU's shared memory only"

LINK=0000:00:10.0 WINDOW=0000:00:11.0
TD=/sys/kernel/debug/vbus-testdma

dma_get() { link_get 0 "dma/$1"; }
dma_set() { master "echo $2 >$(link_dir 0)/dma/$1"; }
dma_is() { [ "$(dma_get "$1")" = "$2" ]; }
td_get() { master "cat $TD/$1"; }
td_set() { master "echo $2 >$TD/$1"; }
# count COUNTER: of all queues
count() { master "cat \$(find /sys/vbus/instances/bus0/clients -name $1 -type f) | awk '{ n += \$1 } END { print n + 0 }'"; }
bad() { count bad; }
td_is() { [ "$(td_get "$1")" = "$2" ]; }
gone() { master "test -z \"\$(ls /sys/vbus/instances/bus0/clients)\""; }
up() { state_is 0 up && echo_there 0; }
ready() { up && dma_is state ready; }
driver() { master "echo $LINK >/sys/bus/pci/drivers/vbus-link-ivshmem/$1"; }
# The engine is found when the link's driver starts; so it is, with the test's own settings.
rebind()
{
	driver unbind && driver bind || return
	master "echo 3000 >$(link_dir 0)/heartbeat_timeout; echo bus0 >$(link_dir 0)/bus"
	wait_for 40 up
}
settle() { dma_set read_min "$1" && dma_set write_min "$1" && dma_set timeout_ms 100; }
bring_back() { chassis start 0 && board 0 "dmesg -n 1" && board_load 0 && wait_for 40 ready; }
load()
{
	board 0 "(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && echo 65536 >size &&
		while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null
}
restore()
{
	driver unbind
	master 'rmmod vbus-testdma'
	driver bind
}

board_require 1
master 'modinfo vbus-testdma >/dev/null 2>&1' || skip_all "the master's kernel has no dmaengine"
window=$(master "set -- \$(sed -n 3p /sys/bus/pci/devices/$WINDOW/resource); echo \$((\$1)),\$((\$2 - \$1 + 1))")
board 0 "dmesg -n 1"
did "a board is up" echo_board 0
check_not "a link without a channel has no engine" master "ls -d $(link_dir 0)/dma"
check "the engine's module loads" master "modprobe vbus-testdma window=$window" || exit 1
at_exit restore
check "the link takes its channel, the board comes back" rebind
check "what was measured is good" wait_for 5 dma_is state ready
check "the channel is named" master "grep -qx 'dma[0-9]*chan0' $(link_dir 0)/dma/channel"

# ---- thresholds
threshold() { case $(dma_get "$1") in never|[1-9]*) return 0 ;; esac; return 1; }
for min in read_min write_min; do
	check "$min is shown" threshold $min
	comment "$min: $(dma_get $min)"
done
for ns in cpu_read_ns cpu_write_ns dma_read_ns dma_write_ns; do
	check "$ns was measured: $(dma_get $ns)" test "$(dma_get $ns)" -gt 0
done
td_set delay_us 10000
check "the board is attached again, with a slow engine" rebind
check_equal "which is measured to be of no use for reads" never "$(dma_get read_min)"
check_equal "nor for writes" never "$(dma_get write_min)"
check "its time is that of the delay: $(dma_get dma_read_ns) ns" test "$(dma_get dma_read_ns)" -ge 4000000
td_set delay_us 0
check "and again" rebind
check_errno "no copy is for it from 0 bytes on" EINVAL dma_set read_min 0
check_errno "nor is this a number" EINVAL dma_set write_min many
check_errno "no transfer has 101 ms" EINVAL dma_set timeout_ms 101
check "thresholds can be chosen" settle 4096
check "and are shown" dma_is read_min 4096

# ---- who copies
before=$(td_get transfers)
check "20 small round trips" ping_board 0 queue 20 4095
check_equal "are made by a processor" "$before" "$(td_get transfers)"
cpu_reads=$(link_get 0 reads) reads=$(dma_get reads) writes=$(dma_get writes) bytes=$(dma_get read_bytes)
check "20 large round trips" ping_board 0 queue 20 65536
check_equal "are read by the engine" $((reads + 20)) "$(dma_get reads)"
check_equal "all of their bytes" $((bytes + 20 * 65536)) "$(dma_get read_bytes)"
check_equal "and written by it" $((writes + 20)) "$(dma_get writes)"
check_equal "a processor reads nothing" "$cpu_reads" "$(link_get 0 reads)"
check "lengths that are odd" ping_board 0 queue 20 65535
check "the threshold itself" ping_board 0 queue 20 4096
check "the engine can be switched off" settle never
before=$(td_get transfers)
check "then large round trips" ping_board 0 queue 5 65536
check_equal "are made by a processor, too" "$before" "$(td_get transfers)"
check "and on" settle 4096
td_set delay_us 300
check "with a delay it is waited for" ping_board 0 queue 20 65536
td_set delay_us 0
check_equal "nothing went wrong so far" "0 0 0" "$(dma_get errors) $(dma_get timeouts) $(dma_get resets)"

# ---- a disk: neither direction notices
make_disk()
{
	make_device disk0 disk && link_device disk0 bus0 || return
	master 'dd if=/dev/zero of=/tmp/disk.img bs=1M count=4 2>/dev/null
		echo /tmp/disk.img >/sys/vbus/devices/disk0/src_path && echo 1 >/sys/vbus/devices/disk0/enabled' || return
	at_exit master 'echo 0 >/sys/vbus/devices/disk0/enabled'
	board 0 'modprobe vbus-blk'
	wait_for 20 board 0 'test -b /dev/vbda'
}
disk_write() { board 0 'dd if=/tmp/f of=/dev/vbda bs=64k 2>/dev/null; sync'; }
disk_read() { board 0 'echo 3 >/proc/sys/vm/drop_caches; head -c 262144 /dev/vbda | md5sum'; }
disk_errors() { board 0 "dmesg | grep -c 'I/O error, dev vbda'"; }
disk_same() { [ "$(master 'dd if=/tmp/disk.img bs=64k count=4 2>/dev/null | md5sum')" = "$(board 0 'md5sum </tmp/f')" ]; }
fresh() { board 0 'dd if=/dev/urandom of=/tmp/f bs=64k count=4 2>/dev/null'; }

did "the board has a disk" make_disk
reads=$(dma_get reads)
fresh
check "what it writes" disk_write
check "arrives" disk_same
check "by the engine" test "$(dma_get reads)" -ge $((reads + 64))
check "memory nobody has written to can be written" board 0 'untouched /dev/vbda 65536'
check_equal "it has arrived" 0 "$(master 'head -c 65536 /tmp/disk.img | tr -d "\0" | wc -c')"
fresh
td_set error 1
disk_write
check_equal "an error of the engine is counted" 1 "$(dma_get errors)"
check "what it was to read arrives" disk_same
check "the engine was reset" wait_for 5 dma_is resets 1
check "the link is up" state_is 0 up
check "the engine is used again" wait_for 10 dma_is state ready
sum=$(board 0 'md5sum </tmp/f')
td_set error 1
check_equal "what it was to write arrives, too" "$sum" "$(disk_read)"
check_equal "and the error was counted" 2 "$(dma_get errors)"
check "the engine is used again" wait_for 10 dma_is state ready
check "other devices of the board go on" ping_board 0 queue 5 65536
fresh
td_set hang 1
stops=$(td_get stops)
disk_write
check_equal "a transfer that hangs is given up" 1 "$(dma_get timeouts)"
check "what it was to read arrives" disk_same
check "the channel was stopped" test "$(td_get stops)" -gt "$stops"
check "the link is up" state_is 0 up
check "the engine is used again" wait_for 10 dma_is state ready
sum=$(board 0 'md5sum </tmp/f')
td_set stop_ms 200
td_set hang 1
check_equal "what it was to write arrives when it has stopped" "$sum" "$(disk_read)"
check_equal "after the late one" 1 "$(td_get late)"
check_equal "which was counted" 2 "$(dma_get timeouts)"
td_set stop_ms 0
check_equal "no request has failed" 0 "$(disk_errors)"
check_equal "and none was bad" 0 "$(bad)"
check "the engine is used again" wait_for 10 dma_is state ready
check "other devices of the board go on" ping_board 0 queue 5 65536

# ---- a network interface, with more queues than its driver
make_nic()
{
	make_device dmanic0 venet-tap && link_device dmanic0 bus0 || return
	at_exit master 'echo 0 >/sys/vbus/devices/dmanic0/enabled'
	# shellcheck disable=SC2016 # for the master's shell
	master 'echo 4 >/sys/vbus/devices/dmanic0/queues
		echo 1 >/sys/vbus/devices/dmanic0/enabled; i=$(cat /sys/vbus/devices/dmanic0/ifname)
		ip addr add 10.92.0.1/24 dev $i; ip link set $i up' || return
	wait_for 20 board 0 'ls /sys/bus/vbus-proxy/drivers/vbus-enet/*/net/vbus0' || return
	board 0 'ip addr add 10.92.0.2/24 dev vbus0; ip link set vbus0 up'
}
received() { board 0 "ping -q -c $1 -s 1400 -W 3 10.92.0.1" 120 | sed -n 's/.* \([0-9]*\) packets received.*/\1/p'; }

did "the board has a network interface" make_nic
check "it pings the master" wait_for 10 board 0 'ping -q -c 1 -W 2 10.92.0.1'
settle 1024
writes=$(dma_get writes)
check_equal "large frames arrive" 5 "$(received 5)"
check "by the engine" test "$(dma_get writes)" -ge $((writes + 5))
errors=$(dma_get errors) timeouts=$(dma_get timeouts)
td_set error 1
check_equal "an error of the engine loses no frame" 5 "$(received 5)"
check_equal "but was counted" $((errors + 1)) "$(dma_get errors)"
wait_for 10 dma_is state ready
td_set hang 1
check_equal "nor does a transfer that hangs" 5 "$(received 5)"
check_equal "which was counted, too" $((timeouts + 1)) "$(dma_get timeouts)"
check "the engine is used again" wait_for 10 dma_is state ready

# A frame's head is copied by a processor, the rest by the engine, which hangs; then come small ones
# of other flows, in other queues. They must not get the driver the buffer back.
frames() { board 0 'cat /sys/class/net/vbus0/statistics/rx_packets'; }
# shellcheck disable=SC2016 # for the master's shell
tcp() { master '(head -c 200000 /dev/zero >/dev/tcp/10.92.0.2/5001) >/dev/null 2>&1 &' >/dev/null; }
# shellcheck disable=SC2016 # for the master's shell
small() { master 'for p in $(seq 2000 2019); do echo x >/dev/udp/10.92.0.2/$p; done; true'; }
board 0 '(nc -l -p 5001 </dev/null >/tmp/got; echo >/tmp/came) 2>/dev/null &' >/dev/null
# Without what neighbours say on their own.
master "ip neigh replace 10.92.0.2 lladdr $(board 0 'cat /sys/class/net/vbus0/address') nud permanent \
	dev $(master 'cat /sys/vbus/devices/dmanic0/ifname')"
late=$(td_get late)
td_set stop_ms 3000
td_set hang 1
tcp
check "a frame's transfer hangs" wait_for 10 dma_is state resetting
before=$(frames)
small
after=$(frames)
check "while the channel does not stop" dma_is state resetting
check_equal "no frame of another queue arrives" "$before" "$after"
check "then it wrote late" wait_for 15 td_is late $((late + 1))
td_set stop_ms 0
check "the stream ends" wait_for 20 board 0 'test -e /tmp/came'
check_equal "all of it arrived" 200000 "$(board 0 'wc -c </tmp/got')"
check_equal "and so do frames" 5 "$(received 5)"
check "the engine is used again" wait_for 10 dma_is state ready
settle 4096

# ---- nothing arrives after the answer
answered() { board 0 'test -e /tmp/answered'; }
not_yet() { dma_is state resetting && ! answered && dma_is state resetting; }
# ping_later: with the reading left to a processor
ping_later()
{
	board 0 "rm -f /tmp/answered; (cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 1 >count &&
		echo 65536 >size && echo queue >run && echo >/tmp/answered) >/dev/null 2>&1 &" >/dev/null
}
late=$(td_get late)
dma_set read_min never
td_set stop_ms 3000
td_set hang 1
ping_later
check "while a channel does not stop, the request is not answered" wait_for 10 not_yet
check "then it wrote late" wait_for 15 td_is late $((late + 1))
check "and the request is answered" wait_for 10 answered
check "the engine is used again" wait_for 20 dma_is state ready
dma_set write_min never
dma_set read_min 4096
td_set hang 1
ping_later
check "a copy from the board does not wait" wait_for 2 answered
check "for the channel" dma_is state resetting
check "which wrote late" wait_for 15 td_is late $((late + 2))
td_set stop_ms 0
check "the engine is used again" wait_for 20 dma_is state ready
settle 4096
check_equal "no request was bad" 0 "$(bad)"
check_equal "the engine was never sent to where it must not" 0 "$(td_get strays)"

# ---- death
# quiet NAME: no transfer is going on, or begun
quiet()
{
	check_equal "$1: nothing is in flight" 0 "$(td_get in_flight)"
	check_equal "$1: the engine is off" off "$(dma_get state)"
	local transfers reads writes
	transfers=$(td_get transfers) reads=$(link_get 0 reads) writes=$(link_get 0 writes)
	sleep 1
	check_equal "$1: nor is anything begun" "$transfers" "$(td_get transfers)"
	check_equal "$1: nor read by a processor" "$reads" "$(link_get 0 reads)"
	check_equal "$1: nor written" "$writes" "$(link_get 0 writes)"
}

td_set delay_us 2000
load
transfers=$(td_get transfers)
check "the engine is at work" wait_for 10 eval "test \"\$(td_get transfers)\" -gt $((transfers + 20))"
chassis kill 0
check "a board that is killed then is noticed" wait_for 6 gone
quiet "a dead board"
td_set delay_us 0
check "it is attached again when it is back" bring_back
check "and works" ping_board 0 queue 10 65536
settle 4096
board 0 'modprobe vbus-blk'
check "it has its disk again" wait_for 20 board 0 'test -b /dev/vbda'
fresh
timeouts=$(dma_get timeouts)
td_set hang 1000000
board 0 "(while dd if=/tmp/f of=/dev/vbda bs=64k; do :; done) >/dev/null 2>&1 &" >/dev/null
check "all transfers hang" wait_for 15 eval "test \"\$(dma_get timeouts)\" -gt $((timeouts + 1))"
chassis ones 0
check "a board that is off then is noticed" wait_for 6 gone
quiet "a board that is off"
td_set hang 0
check "it is attached again when it is back" bring_back
check "and works" ping_board 0 queue 10 65536
td_set hang 1000000
check "a board is attached with an engine that hangs" rebind
check_equal "which is not used" off "$(dma_get state)"
check_equal "nor is a transfer left in flight" 0 "$(td_get in_flight)"
check "processors copy" ping_board 0 queue 5 65536
td_set hang 0

# ---- a channel that cannot be stopped
make_console()
{
	make_device con0 console && link_device con0 bus0 || return
	master 'echo 1 >/sys/vbus/devices/con0/enabled' || return
	at_exit master 'echo 0 >/sys/vbus/devices/con0/enabled'
	board 0 'modprobe vbus-console'
	wait_for 20 board 0 'test -c /dev/ttyVC0' || return
	board 0 'stty -F /dev/ttyVC0 raw -echo -clocal; cat /dev/ttyVC0 >/tmp/con 2>/dev/null &' >/dev/null
}
say() { master "printf '%s\n' $1 >/dev/\$(cat /sys/vbus/devices/con0/tty)"; }
heard() { board 0 "grep -x $1 /tmp/con"; }
more_errors() { [ "$(disk_errors)" -gt "$1" ]; }
# refuse_stop MIN: the next transfer to the board hangs, for good
refuse_stop()
{
	rebind && wait_for 10 dma_is state ready && dma_set read_min never && dma_set write_min "$1" &&
		td_set unstoppable 1 && td_set hang 1
}

errors=$(disk_errors)
check "a channel refuses to be stopped" refuse_stop 4096
board 0 'modprobe vbus-blk'
wait_for 20 board 0 'test -b /dev/vbda'
disk_read >/dev/null
check "then it is not used any more" wait_for 10 dma_is state broken
check "what it was to write fails" wait_for 10 more_errors "$errors"
check_equal "which is not called the driver's fault" 0 "$(bad)"
errors=$(disk_errors)
check_equal "a processor makes all other copies" "$(master 'head -c 262144 /tmp/disk.img | md5sum')" "$(disk_read)"
check_equal "of which none fails" "$errors" "$(disk_errors)"
check "for the echo as well" ping_board 0 queue 5 65536
# A disk that is found again would be read first, and its copies may take too long by chance.
board 0 'rmmod vbus-blk'
check "a new link's is used again" refuse_stop 64
did "the board has a console" make_console
say "$(printf %100s x | tr ' ' -)"
check "a line is lost on it" wait_for 10 dma_is state broken
check_equal "which is counted" 1 "$(count dropped)"
say one
check "the next one arrives" wait_for 10 heard one
check_equal "it is all there is" 1 "$(board 0 'wc -l </tmp/con')"
check_equal "and nobody is to blame" 0 "$(bad)"
td_set unstoppable 0
check "the engine is used again" rebind
check "as ever" wait_for 10 dma_is state ready
check "the master can let go of the link" driver unbind
check "and of the engine" master 'rmmod vbus-testdma'
driver bind
comment "$(master "dmesg | grep -i dma | tail -5" | tr '\n' '|')"

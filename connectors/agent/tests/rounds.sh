#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 550
# Strikes at random moments: a board under load is killed, frozen, reset, panics or reads as all ones,
# or the master is frozen or dies. It is noticed in time, nothing crosses a dead link, the other board
# goes on unharmed, the one that was struck comes back and works; and at the end nothing has leaked.
# VBUS_SEED repeats a run. 6 rounds, each way once; VBUS_FULL=1: 50.
# shellcheck disable=SC2016 # for the machines' shells

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

MASTER_IP=10.93.0.1
DISK_MB=8
SLACK=3
# Lines of the master's log for a round, and what may stay taken of its memory
LINES_MOST=25
KIB_MOST=4096
WAYS='kill ones stop reboot panic master_stop'
rounds=6
[ -z "${VBUS_FULL:-}" ] || rounds=50
seed=${VBUS_SEED:-$((SRANDOM % 100000))}
RANDOM=$seed
comment "VBUS_SEED=$seed, $rounds rounds"

# ---- what the boards have: each an echo device and a network, the first a disk as well
# on NAME: enable a device
on()
{
	at_exit master "echo 0 >/sys/vbus/devices/$1/enabled"
	master "echo 1 >/sys/vbus/devices/$1/enabled"
}
side()
{
	make_bus "bus$1" && make_device "echo$1" echo && link_device "echo$1" "bus$1" &&
		make_device "nic$1" venet-tap && link_device "nic$1" "bus$1" && on "nic$1" &&
		master "ip link set \$(cat /sys/vbus/devices/nic$1/ifname) master vbr0 up" || return
	if [ "$1" = 0 ]; then
		make_device disk disk && link_device disk "bus$1" &&
			master 'echo /tmp/rounds.img >/sys/vbus/devices/disk/src_path' && on disk || return
	fi
	at_exit bus_for "$1" ""
	bus_for "$1" "bus$1"
}
# What the second board sends arrives here.
listen()
{
	master 'rm -f /tmp/none; mkfifo /tmp/none; echo >/tmp/listen
		(while [ -e /tmp/listen ]; do busybox nc -l -p 6000 <>/tmp/none | md5sum >>/tmp/sums; done) >/dev/null 2>&1 &' >/dev/null
}
listen_end() { master 'rm -f /tmp/listen /tmp/rounds.img; echo | busybox nc -w 1 127.0.0.1 6000' >/dev/null; }
master_side()
{
	master "modprobe -a venet-tap vbus-dev-disk bridge; ip link add vbr0 type bridge forward_delay 0
		ip addr add $MASTER_IP/24 dev vbr0; ip link set vbr0 up
		dd if=/dev/zero of=/tmp/rounds.img bs=1M count=$DISK_MB 2>/dev/null" || return
	at_exit master 'ip link del vbr0'
	at_exit listen_end
	side 0 && side 1 && listen
}
# What a kernel says when its devices go would tear what its shell says.
board_side() { board "$1" 'dmesg -n 1; modprobe -a vbus-blk'; }
net_up() { board "$1" "ip addr add 10.93.0.1$1/24 dev vbus0 2>/dev/null; ip link set vbus0 up && ping -q -c 1 -W 2 $MASTER_IP"; }
has_disk() { board 0 'ls -d /sys/bus/vbus-proxy/drivers/vbus-blk/*/block/*'; }
is_up() { state_is "$1" up && echo_there "$1" && net_up "$1"; }
both_up() { is_up 0 && has_disk && is_up 1; }

# ---- load on the first board; by a descriptor, since a name of a disk that went would be one of a file
load()
{
	master '(timeout 60 busybox nc -l -p 5000 <>/tmp/none >/dev/null & echo $! >/tmp/sink) 2>/dev/null'
	board 0 "disk=/dev/\$(ls /sys/bus/vbus-proxy/drivers/vbus-blk/*/block)
		(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && echo 3000 >size &&
			while echo queue >run; do :; done) >/dev/null 2>&1 & echo \$! >/tmp/load
		ping -q -A -c 1000000 -s 1000 $MASTER_IP >/dev/null 2>&1 & echo \$! >>/tmp/load
		nc $MASTER_IP 5000 </dev/zero >/dev/null 2>&1 & echo \$! >>/tmp/load
		(exec 3<>\$disk; while dd if=/dev/zero of=/proc/self/fd/3 bs=64k count=64; do sync; done) >/dev/null 2>&1 & echo \$! >>/tmp/load" >/dev/null
}
load_end()
{
	board 0 'kill -9 $(cat /tmp/load); rm -f /tmp/load' >/dev/null
	master 'kill $(cat /tmp/sink)' >/dev/null
}

# ---- the second board goes on all the time
other_load()
{
	other=$(sessions 1)
	master '>/tmp/sums'
	board 1 "[ -e /tmp/file ] || dd if=/dev/urandom of=/tmp/file bs=64k count=8 2>/dev/null
		(ping -A -c 1000000 -s 1000 $MASTER_IP >/tmp/pings 2>&1 & echo \$! >/tmp/pid); echo >/tmp/go
		(while [ -e /tmp/go ]; do nc $MASTER_IP 6000 </tmp/file; sleep 1; done) >/dev/null 2>&1 &" >/dev/null
}
other_load_end() { board 1 'rm /tmp/go; kill -INT $(cat /tmp/pid); sleep 1; grep transmitted /tmp/pings'; }
pings_good() { awk '/ packets transmitted/ { ok = $1 >= 100 && $4 >= $1 - 2 } END { exit !ok }' <<<"$1"; }
# One file over and over; the last one may be on its way.
files_good()
{
	local sum
	sum=$(board 1 'md5sum </tmp/file')
	[ "$(master 'sort -u /tmp/sums')" = "$sum" ]
}
other_unharmed()
{
	local pings
	pings=$(other_load_end)
	check "the second board's pings were answered: $pings" pings_good "$pings"
	check "its files arrived whole: $(master 'wc -l </tmp/sums')" files_good
	check_equal "its session is the same" "$other" "$(sessions 1)"
}

# ---- strikes
sessions() { master "ls /sys/vbus/instances/bus$1/clients"; }
gone() { [ -z "$(sessions 0)" ]; }
# All that says that something crossed the link
crossed() { master "cd $(link_dir 0) && cat reads writes ring_reads ring_writes rings" | tr '\n' ' '; }
# A board that is off: its RAM is a file beside the chassis' socket.
ram_sum() { md5sum <"$(dirname "$CHASSIS")/ram0"; }
strike()
{
	case $1 in
	kill|ones|stop) chassis "$1" 0 ;;
	reboot) board 0 "reboot -f & sleep 1; true" 3 >/dev/null ;;
	panic) board 0 "(sleep 1; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 & sleep 1; true" 3 >/dev/null ;;
	esac
}
# The first board again, without anything done on the master
bring_back()
{
	case $1 in
	kill|ones) chassis start 0 || return ;;
	stop) chassis cont 0 ;;
	reboot|panic) chassis wait 0 && board 0 "stty -echo; PS1=; PS2=" >/dev/null || return ;;
	esac
	[ "$1" = stop ] || { board_load 0 && board_side 0; } || return
	wait_for 40 is_up 0 && wait_for 20 has_disk
}
silent()
{
	local before sum
	before=$(crossed) sum=$(ram_sum)
	sleep 1
	check_equal "nothing crosses its link" "$before" "$(crossed)"
	case $1 in
	kill|ones) check_equal "nothing is written to its memory" "$sum" "$(ram_sum)" ;;
	esac
}
works()
{
	check "its echo device works" ping_board 0 queue 10 1000
	check "its network works" board 0 "ping -q -c 3 -W 2 $MASTER_IP"
	check "its disk works" disk_works
}
disk_works()
{
	board 0 "disk=/dev/\$(ls /sys/bus/vbus-proxy/drivers/vbus-blk/*/block); dd if=/dev/urandom of=/tmp/blocks bs=64k count=8 2>/dev/null
		dd if=/tmp/blocks of=\$disk bs=64k 2>/dev/null && sync" || return
	[ "$(board 0 'md5sum </tmp/blocks')" = "$(master 'head -c 524288 /tmp/rounds.img | md5sum')" ]
}
both_calling() { board_state_is 0 calling && board_state_is 1 calling; }

# One that went in order may come back at any time.
says_so() { case $(link_get 0 state) in down|waiting) ;; *) return 1 ;; esac; }

# One round: the first board is struck.
board_round()
{
	local began us
	began=${EPOCHREALTIME/./}
	strike "$1"
	check "it is noticed" wait_for $((3 + SLACK)) gone
	us=$((${EPOCHREALTIME/./} - began))
	comment "noticed $((us / 1000)) ms after the strike"
	silent "$1"
	check "the master says so" wait_for 3 says_so
	check "it comes back" bring_back "$1"
	[ "$1" != stop ] || load_end
	other_unharmed
}
master_round()
{
	if [ "$1" = master_stop ]; then
		chassis master-stop
		check "both boards notice" wait_for $((3 + SLACK)) both_calling
		chassis master-cont
	else
		chassis master-kill
		check "both boards notice" wait_for $((3 + SLACK)) both_calling
		# What the first master had died with it.
		ktap_cleanup=()
		check "the master starts again" chassis master-start
		mark "the master is back" # of what it said at its boot nothing counts
		board_require 2
		did "it has the same devices" master_side
	fi
	check "both come back" wait_for 60 both_up
	load_end
	other_load_end >/dev/null
}

# ---- what may not grow
mark() { master "echo '<5>rounds: $1' >/dev/kmsg"; }
lines() { master "dmesg | awk '/rounds: / { n = 0; next } { n++ } END { print n + 0 }'"; }
sysfs_files() { master 'find /sys/vbus /sys/devices/pci0000:00 /sys/devices/virtual | wc -l'; }
clients() { master 'ls -d /sys/vbus/instances/*/clients/* | wc -l'; }
# Kernel threads but those that come and go with work
threads() { master "cat /proc/[0-9]*/stat 2>/dev/null | awk '\$4 == 2 && \$2 !~ /kworker/ { n++ } END { print n + 0 }'"; }
# taken N: KiB that are not free, of the master (m) or board N. Free are, too, what the processors keep
# by themselves, which is 20 MiB or nothing, as it happens.
taken()
{
	local line='sync; echo 3 >/proc/sys/vm/drop_caches; sleep 1
		awk "/^MemTotal:/ { n += \$2 } /^MemFree:/ { n -= \$2 } / count:/ { n -= 4 * \$2 } END { print n }" /proc/meminfo /proc/zoneinfo'
	if [ "$1" = m ]; then master "$line"; else board "$1" "$line"; fi
}
slab() { master 'awk "/^Slab:/ { print \$2 }" /proc/meminfo'; }
first() { taken_m=$(taken m) taken_1=$(taken 1) slab_m=$(slab) files_m=$(sysfs_files) threads_m=$(threads); }
grown() { check "$1: $2, then $3 KiB" test $(($3 - $2)) -le $KIB_MOST; }
nothing_leaked()
{
	check_equal "each board has one client" 2 "$(clients)"
	grown "no memory of the master was lost" "$taken_m" "$(taken m)"
	grown "none of its slabs" "$slab_m" "$(slab)"
	grown "none of the second board" "$taken_1" "$(taken 1)"
	check_equal "files in sysfs" "$files_m" "$(sysfs_files)"
	check_equal "no thread was left" "$threads_m" "$(threads)"
}
# Not on its console, see board_side()
board_calm()
{
	local said
	said=$(board "$1" dmesg) && [ -n "$said" ] || return
	! grep -aE -f "$(dirname "$CHASSIS_DO")/guest/bad-lines" <<<"$said"
}

board_require 2
did "the boards have devices" master_side
board_side 0
board_side 1
check "both are there" wait_for 60 both_up
load
other_load
sleep 2
load_end
other_load_end >/dev/null
first
ways=()
for n in $(seq "$rounds"); do
	# Each way once, in any order; then again. No subshells: they have random numbers of their own.
	[ ${#ways[@]} -gt 0 ] || read -ra ways <<<"$WAYS"
	i=$((RANDOM % ${#ways[@]}))
	way=${ways[i]}
	unset "ways[i]"
	ways=("${ways[@]}")
	# The master dies once, when there is time for it.
	if [ "$n" = 26 ]; then
		way=master_kill
		nothing_leaked
	fi
	ms=$((RANDOM % 3000))
	comment "round $n: $way after $ms ms"
	mark "round $n: $way"
	load
	other_load
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	case $way in
	master_*) master_round "$way" ;;
	*) board_round "$way" ;;
	esac
	works
	check "its kernel did not complain" board_calm 0
	said=$(lines)
	check "the log of the round is readable ($said lines)" test "$said" -le $LINES_MOST
	[ "$way" != master_kill ] || first
done
check "both are there" wait_for 30 both_up
nothing_leaked
check "the second board's kernel did not complain" board_calm 1

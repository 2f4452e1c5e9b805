# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Putting the files of a machine together, for tests/qemu/run and
# scripts/guest-image.  $top is the tree, $root the folder to fill.

# Modules of the kernel that the tests use, where they are not built in.
stock_modules='configfs bridge veth tun dummy macvlan 8021q pktgen netconsole sch_ingress sch_netem
	cls_matchall cls_flower cls_u32 act_mirred act_gact vfio vfio_iommu_type1 irqbypass kvm kvm_amd kvm_intel virtio_pci virtio_net virtio_blk vhost_net ahci sd_mod
	loop brd ext4 xfs dm_mod dm_flakey'

# stock_of KERNEL: its own modules with what they need, uncompressed, once per kernel
stock_of()
{
	local moddir root mod ko out rel
	moddir=$("$top/scripts/kernel" modules "$1")
	rel=$("$top/scripts/kernel" release "$1")
	root=${moddir%/lib/modules/*}
	out=$(dirname "$root")/stock
	# Another tree that shares the cache may have wanted others.
	if [ "$(cat "$out/ready" 2>/dev/null)" != "$stock_modules" ]; then
		rm -rf "$out.new" && mkdir -p "$out.new"
		for mod in $stock_modules; do
			modprobe -d "$root" -S "$rel" --show-depends "$mod" 2>/dev/null |
				sed -n 's/^insmod \([^ ]*\).*/\1/p' || true
		done | sort -u | while read -r ko; do
			mkdir -p "$out.new/$(dirname "${ko#"$root"/}")"
			case $ko in
			*.xz) xz -dc "$ko" >"$out.new/$(f=${ko#"$root"/}; echo "${f%.xz}")" ;;
			*) cp "$ko" "$out.new/${ko#"$root"/}" ;;
			esac
		done
		mkdir -p "$out.new/lib/modules/$rel"
		cp "$moddir"/modules.builtin* "$moddir"/modules.order "$out.new/lib/modules/$rel/"
		echo "$stock_modules" >"$out.new/ready"
		rm -rf "$out" && mv "$out.new" "$out"
	fi
	echo "$out"
}

# add_modules KERNEL: also those of VBUS_NTB
add_modules()
{
	local ko rel updates
	rel=$("$top/scripts/kernel" release "$1")
	updates=$root/lib/modules/$rel/updates
	cp -a "$(stock_of "$1")/lib" "$root/"
	mkdir -p "$updates"
	find "$top/build/$rel${VARIANT:-}" ${VBUS_NTB:+"$VBUS_NTB"} -name '*.ko' 2>/dev/null | while read -r ko; do
		strip -g -o "$updates/$(basename "$ko")" "$ko"
	done
	depmod -b "$root" "$rel"
}

# add_file FILE [TO]: a program brings its libraries along
add_file()
{
	local lib to=${2:-/usr/local/bin/$(basename "$1")}
	mkdir -p "$root$(dirname "$to")"
	cp -L "$1" "$root$to"
	for lib in $(ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p'); do
		[ -e "$root$lib" ] || { mkdir -p "$root$(dirname "$lib")"; cp -L "$lib" "$root$lib"; }
	done
}

# bzimage_of KERNEL: what a boot loader starts
bzimage_of()
{
	local f
	f=$("$top/scripts/kernel" modules "$1")/../../../boot/vmlinuz-$("$top/scripts/kernel" release "$1")
	[ -e "$f" ] || f=$("$top/scripts/kernel" image "$1")
	echo "$f"
}

# make_guest_initrd KERNEL INIT [PROGRAM...]: the first files of a guest, on stdout
make_guest_initrd()
{
	local root f d kernel=$1 init=$2
	shift 2
	root=$(mktemp -d)
	for d in bin sbin dev etc proc sys tmp root usr/bin; do mkdir -p "$root/$d"; done
	cp -L /bin/busybox "$root/bin/busybox"
	cp "$top/$init" "$root/init"
	cp "$top/tests/qemu/guest/port-server" "$root/sbin/"
	echo 'root::0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	add_modules "$kernel"
	for f in iperf3 ethtool lspci kexec "$@"; do
		f=$(command -v "$f") || continue
		add_file "$f" "/usr/bin/$(basename "$f")"
	done
	add_file /lib64/ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0)
	rm -rf "$root"
}

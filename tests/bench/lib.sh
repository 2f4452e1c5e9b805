# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the parts of the benchmark share. Results are lines key<TAB>value in $out/PART.tsv.
#
#   machine PART SECONDS SCRIPT [OPTION...]  run a script of tests/bench/guest in a virtual machine
#                                of $kernel and keep its results; options are those of tests/qemu/run
#   of PART KEY                  median of the values of a key; 0 without any
#   least PART KEY               the smallest
#   ratio A B                    A / B, two digits
#   paired PART KEY PEER         the median of value / peer's value, round by round

# shellcheck disable=SC2034 # for who reads this
out=$top/build/bench
kernel=${KERNEL:-6.1}

die() { echo "bench: $*" >&2; exit 1; }

machine()
{
	local part=$1 seconds=$2 script=$3 logs=$out/$1-machine
	shift 3
	rm -rf "$logs"
	if ! "$top/tests/qemu/run" --timeout "$seconds" --logs "$logs" "$@" "$kernel" -c "$script" \
		>"$out/$part.log" 2>&1; then
		tail -n 30 "$out/$part.log" >&2
		die "part $part failed; all of it is in $out/$part.log"
	fi
	cp "$logs"/*.tsv "$out/$part.tsv"
}

of()
{
	awk -F '\t' -v k="$2" '$1 == k { print $2 }' "$out/$1.tsv" | sort -n |
		awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : 0 }'
}

least() { awk -F '\t' -v k="$2" '$1 == k && (!n++ || $2 < v) { v = $2 } END { print v + 0 }' "$out/$1.tsv"; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }

paired()
{
	awk -F '\t' -v k="$2" -v p="$3" '$1 == k { a[++n] = $2 } $1 == p { b[++m] = $2 }
		END { for (i = 1; i <= n && i <= m; i++) if (b[i] > 0) printf "%.4f\n", a[i] / b[i] }' "$out/$1.tsv" |
		sort -n | awk '{ v[NR] = $1 } END { if (NR) printf "%.2f", v[int((NR + 1) / 2)]; else printf "-" }'
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Verbs of a driver side (tests/lib/matrix.sh) that is another machine: a line of shell there
# does them. For connectors/<c>/side.sh, which has
#
#   side_on FOLDER LINE    LINE over there, with $node: its newest of FOLDER (block or tty)

side_disk_write() { side_on block "seq 1 100000000 | head -c $1 | dd of=\$node bs=64k conv=fsync 2>/dev/null"; }
side_disk_sum() { side_on block "head -c $1 \$node | md5sum | cut -c1-32"; }

side_console_send() { side_on tty "stty -F \$node raw -echo -clocal && seq 1 100000000 | head -c $1 >\$node"; }
side_console_sum() { side_on tty "stty -F \$node raw -echo -clocal && head -c $1 \$node | md5sum | cut -c1-32"; }

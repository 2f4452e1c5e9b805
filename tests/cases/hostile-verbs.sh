#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side sends verbs in every wrong order, of every wrong length, with
# handles it does not have, versions nobody knows, and random bytes.
# timeout: 120

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

n=3000
[ "${VBUS_KERNEL:-}" != debug ] || n=1000
hostile_setup echo
hostile_each hbus unattached order handles lengths unknown versions sessions \
	"random n=${VBUS_RANDOM:-$n} seed=1" "random n=${VBUS_RANDOM:-$n} seed=2" fresh
hostile_end

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# A driver side sends random packets, changes slots while they are read, and
# sends without end.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

n=${VBUS_FULL:+100000}
ms=${VBUS_FULL:+20000}
hostile_setup_enet
# Thousands of segments of each packet; where everything is checked that takes a while for each.
segment=8
[ "${VBUS_KERNEL:-}" != debug ] || segment=64
hostile_each hbus "enet-random n=${n:-3000} seed=1" "enet-random n=${n:-3000} seed=2" \
	"enet-flips ms=${ms:-3000}" "enet-refill ms=2000" "enet-refill ms=2000 queue=1000" \
	"enet-refill ms=2000 queue=$segment" "enet-refill ms=2000 queue=1" enet-fresh
hostile_end

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side lies to a virtual Ethernet device: calls, queues, packet headers,
# receive buffers, credit of the event stream.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

hostile_setup_enet
hostile_each hbus enet-fresh enet-verbs enet-packets enet-buffers enet-credit "enet-deaf n=30" \
	"random n=2000" enet-fresh
hostile_end

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side's memory goes while rings and buffers in it are in use.
# timeout: 120

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

hostile_setup echo
hostile_each hbus withdraw-page "withdraw n=40" "withdraw n=40 seed=7" fresh
hostile_end

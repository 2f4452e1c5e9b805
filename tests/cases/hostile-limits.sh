#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A bus's limits hold against a driver side that leaves dead sessions behind or
# rings more than it may.
# timeout: 120

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

hostile_setup echo
limits=$SYSV/instances/hbus/limits
put 10 "$limits/sessions"
before=$(cat "$limits/refused")
hostile_each hbus "graveyard n=20"
check "the refusal was counted" [ "$(cat "$limits/refused")" -gt "$before" ]

put 10 "$limits/kicks"
hostile_each hbus "kicks n=5"
put 1000000 "$limits/kicks"

put 0 "$limits/queues"
hostile_client
put clear "$HOSTILE/run"
put "fresh $REPLY" "$HOSTILE/run"
check "no queue at all: ENOSPC" grep -q 'wanted status 0, got 5' "$HOSTILE/result"
put 16384 "$limits/queues"
hostile_each hbus fresh
hostile_end

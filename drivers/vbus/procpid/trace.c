// SPDX-License-Identifier: GPL-2.0
#include <vbus/bus.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

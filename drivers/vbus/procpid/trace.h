/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: a process joins a bus, by its own or by birth, and leaves it.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vbus_procpid

#if !defined(_VBUS_PROCPID_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VBUS_PROCPID_TRACE_H

#include <linux/tracepoint.h>
#include <vbus/bus.h>

DECLARE_EVENT_CLASS(vbus_member_class,
	TP_PROTO(const char *pid, struct vbus_bus *bus),
	TP_ARGS(pid, bus),
	TP_STRUCT__entry(
		__string(pid, pid)
		__string(bus, vbus_bus_name(bus))
	),
	TP_fast_assign(
		vbus_assign_str(pid, pid);
		vbus_assign_str(bus, vbus_bus_name(bus));
	),
	TP_printk("pid=%s bus=%s", __get_str(pid), __get_str(bus))
);

DEFINE_EVENT(vbus_member_class, vbus_member_bind,
	TP_PROTO(const char *pid, struct vbus_bus *bus), TP_ARGS(pid, bus));
DEFINE_EVENT(vbus_member_class, vbus_member_leave,
	TP_PROTO(const char *pid, struct vbus_bus *bus), TP_ARGS(pid, bus));

#endif /* _VBUS_PROCPID_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: every verb, every step of an object's life, every doorbell and interrupt.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vbus

#if !defined(_VBUS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VBUS_TRACE_H

#include <linux/tracepoint.h>
#include <linux/vbus.h>
#include "core.h"

#define show_verb(verb)						\
	__print_symbolic(verb,					\
		{ VBUS_VERB_ATTACH, "attach" },			\
		{ VBUS_VERB_OPEN, "open" },			\
		{ VBUS_VERB_CLOSE, "close" },			\
		{ VBUS_VERB_CALL, "call" },			\
		{ VBUS_VERB_SHM, "shm" },			\
		{ VBUS_VERB_QUEUE, "queue" })

#define show_event(event)					\
	__print_symbolic(event,					\
		{ VBUS_EV_DEVADD, "devadd" },			\
		{ VBUS_EV_DEVDROP, "devdrop" },			\
		{ VBUS_EV_AVAILABLE, "available" })

TRACE_EVENT(vbus_verb,
	TP_PROTO(struct vbus_client *client, u16 verb, u32 handle, u32 arg, u32 len, u16 status),
	TP_ARGS(client, verb, handle, arg, len, status),
	TP_STRUCT__entry(
		__string(client, client->name)
		__field(u16, verb)
		__field(u32, handle)
		__field(u32, arg)
		__field(u32, len)
		__field(u16, status)
	),
	TP_fast_assign(
		vbus_assign_str(client, client->name);
		__entry->verb = verb;
		__entry->handle = handle;
		__entry->arg = arg;
		__entry->len = len;
		__entry->status = status;
	),
	TP_printk("client=%s verb=%s handle=%u arg=%u len=%u status=%u", __get_str(client),
		  show_verb(__entry->verb), __entry->handle, __entry->arg, __entry->len,
		  __entry->status)
);

DECLARE_EVENT_CLASS(vbus_client_class,
	TP_PROTO(struct vbus_client *client),
	TP_ARGS(client),
	TP_STRUCT__entry(
		__string(client, client->name)
		__string(bus, vbus_bus_name(client->bus))
	),
	TP_fast_assign(
		vbus_assign_str(client, client->name);
		vbus_assign_str(bus, vbus_bus_name(client->bus));
	),
	TP_printk("client=%s bus=%s", __get_str(client), __get_str(bus))
);

DEFINE_EVENT(vbus_client_class, vbus_client_attach,
	TP_PROTO(struct vbus_client *client), TP_ARGS(client));
DEFINE_EVENT(vbus_client_class, vbus_client_detach,
	TP_PROTO(struct vbus_client *client), TP_ARGS(client));

DECLARE_EVENT_CLASS(vbus_bus_class,
	TP_PROTO(struct vbus_bus *bus),
	TP_ARGS(bus),
	TP_STRUCT__entry(__string(bus, vbus_bus_name(bus))),
	TP_fast_assign(vbus_assign_str(bus, vbus_bus_name(bus));),
	TP_printk("bus=%s", __get_str(bus))
);

DEFINE_EVENT(vbus_bus_class, vbus_bus_create, TP_PROTO(struct vbus_bus *bus), TP_ARGS(bus));
DEFINE_EVENT(vbus_bus_class, vbus_bus_destroy, TP_PROTO(struct vbus_bus *bus), TP_ARGS(bus));

DECLARE_EVENT_CLASS(vbus_device_class,
	TP_PROTO(struct vbus_device *dev),
	TP_ARGS(dev),
	TP_STRUCT__entry(
		__string(dev, vbus_device_name(dev))
		__string(cls, dev->cls->name)
	),
	TP_fast_assign(
		vbus_assign_str(dev, vbus_device_name(dev));
		vbus_assign_str(cls, dev->cls->name);
	),
	TP_printk("device=%s class=%s", __get_str(dev), __get_str(cls))
);

DEFINE_EVENT(vbus_device_class, vbus_device_create,
	TP_PROTO(struct vbus_device *dev), TP_ARGS(dev));
DEFINE_EVENT(vbus_device_class, vbus_device_destroy,
	TP_PROTO(struct vbus_device *dev), TP_ARGS(dev));

DECLARE_EVENT_CLASS(vbus_node_class,
	TP_PROTO(struct vbus_node *node),
	TP_ARGS(node),
	TP_STRUCT__entry(
		__string(bus, vbus_bus_name(node->bus))
		__string(type, node->type)
		__field(u32, id)
	),
	TP_fast_assign(
		vbus_assign_str(bus, vbus_bus_name(node->bus));
		vbus_assign_str(type, node->type);
		__entry->id = node->id;
	),
	TP_printk("bus=%s port=%u type=%s", __get_str(bus), __entry->id, __get_str(type))
);

DEFINE_EVENT(vbus_node_class, vbus_node_add, TP_PROTO(struct vbus_node *node), TP_ARGS(node));
DEFINE_EVENT(vbus_node_class, vbus_node_del, TP_PROTO(struct vbus_node *node), TP_ARGS(node));

TRACE_EVENT(vbus_event,
	TP_PROTO(struct vbus_client *client, struct vbus_node *node, u32 event),
	TP_ARGS(client, node, event),
	TP_STRUCT__entry(
		__string(client, client->name)
		__field(u32, id)
		__field(u32, event)
	),
	TP_fast_assign(
		vbus_assign_str(client, client->name);
		__entry->id = node->id;
		__entry->event = event;
	),
	TP_printk("client=%s port=%u event=%s", __get_str(client), __entry->id,
		  show_event(__entry->event))
);

DECLARE_EVENT_CLASS(vbus_session_class,
	TP_PROTO(struct vbus_session *s),
	TP_ARGS(s),
	TP_STRUCT__entry(
		__string(client, s->client->name)
		__field(u32, id)
		__field(u32, handle)
		__field(u64, features)
		__field(u16, status)
	),
	TP_fast_assign(
		vbus_assign_str(client, s->client->name);
		__entry->id = s->node->id;
		__entry->handle = s->handle;
		__entry->features = s->features;
		__entry->status = s->status;
	),
	TP_printk("client=%s port=%u handle=%u features=%#llx status=%u", __get_str(client),
		  __entry->id, __entry->handle, __entry->features, __entry->status)
);

DEFINE_EVENT(vbus_session_class, vbus_session_open,
	TP_PROTO(struct vbus_session *s), TP_ARGS(s));
DEFINE_EVENT(vbus_session_class, vbus_session_close,
	TP_PROTO(struct vbus_session *s), TP_ARGS(s));

TRACE_EVENT(vbus_session_break,
	TP_PROTO(struct vbus_session *s, const char *why),
	TP_ARGS(s, why),
	TP_STRUCT__entry(
		__string(client, s->client->name)
		__string(why, why)
		__field(u32, id)
	),
	TP_fast_assign(
		vbus_assign_str(client, s->client->name);
		vbus_assign_str(why, why);
		__entry->id = s->node->id;
	),
	TP_printk("client=%s port=%u why=%s", __get_str(client), __entry->id, __get_str(why))
);

DECLARE_EVENT_CLASS(vbus_queue_class,
	TP_PROTO(struct vbus_dqueue *q),
	TP_ARGS(q),
	TP_STRUCT__entry(
		__string(client, q->session->client->name)
		__field(u32, port)
		__field(u32, id)
		__field(u32, doorbell)
		__field(u32, vector)
	),
	TP_fast_assign(
		vbus_assign_str(client, q->session->client->name);
		__entry->port = q->session->node->id;
		__entry->id = q->id;
		__entry->doorbell = q->doorbell;
		__entry->vector = q->vector;
	),
	TP_printk("client=%s port=%u queue=%u doorbell=%u vector=%d", __get_str(client),
		  __entry->port, __entry->id, __entry->doorbell, (int)__entry->vector)
);

DEFINE_EVENT(vbus_queue_class, vbus_queue_add, TP_PROTO(struct vbus_dqueue *q), TP_ARGS(q));
DEFINE_EVENT(vbus_queue_class, vbus_queue_del, TP_PROTO(struct vbus_dqueue *q), TP_ARGS(q));

DECLARE_EVENT_CLASS(vbus_signal_class,
	TP_PROTO(struct vbus_client *client, u32 nr),
	TP_ARGS(client, nr),
	TP_STRUCT__entry(
		__string(client, client->name)
		__field(u32, nr)
	),
	TP_fast_assign(
		vbus_assign_str(client, client->name);
		__entry->nr = nr;
	),
	TP_printk("client=%s nr=%d", __get_str(client), (int)__entry->nr)
);

DEFINE_EVENT(vbus_signal_class, vbus_doorbell,
	TP_PROTO(struct vbus_client *client, u32 nr), TP_ARGS(client, nr));
DEFINE_EVENT(vbus_signal_class, vbus_interrupt,
	TP_PROTO(struct vbus_client *client, u32 nr), TP_ARGS(client, nr));

#endif /* _VBUS_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

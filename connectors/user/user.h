/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-user: what its files share.
 */
#ifndef _VBUS_USER_H
#define _VBUS_USER_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/vbus_user.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <vbus/connector.h>

/* Of one file. */
#define USER_MAX_RANGES		256
#define USER_MAX_BYTES		SZ_1G
#define USER_MAX_VECTORS	VBUS_MAX_DOORBELLS

/* ---- table.c: which memory has which peer address ---------------------------------------- */

struct user_ranges;
struct user_struct;

/**
 * struct user_range - memory the device side can reach
 * @addr: its peer address
 * @len: bytes
 * @access: VBUS_USER_MEM_*
 * @maps: pointers into it that the core holds; the table's lock
 * @ptr: the pages, mapped into the kernel
 * @pages: the pages, pinned
 * @npages: how many
 * @user: whose RLIMIT_MEMLOCK they are charged to, or NULL
 */
struct user_range {
	u64 addr;
	u64 len;
	u32 access;
	u32 maps;
	void *ptr;
	struct page **pages;
	unsigned long npages;
	struct user_struct *user;
};

/**
 * struct user_table - the memory of one file
 * @lock: guards all below; readers of @ranges need only RCU. Taken under a client's lock
 * @ranges: what there is, sorted by address; replaced, never changed
 * @count: ranges there are or will be soon
 * @bytes: what these have
 * @next: where to look for the next address of our choice
 * @closed: nothing can be added any more
 */
struct user_table {
	struct mutex lock;	/* all below */
	struct user_ranges __rcu *ranges;
	u32 count;
	u64 bytes;
	u64 next;
	bool closed;
};

void user_table_init(struct user_table *t);
int user_table_reserve(struct user_table *t, u64 len);
void user_table_unreserve(struct user_table *t, u64 len);
int user_table_add(struct user_table *t, struct user_range *r);
struct user_range *user_table_del(struct user_table *t, u64 addr);
void user_table_close(struct user_table *t);
struct user_range *user_table_take(struct user_table *t);

extern const struct vbus_memctx_ops user_memctx_ops;

/* ---- memory.c: pinning ------------------------------------------------------------------- */

struct user_file;

int user_mem_add(struct user_file *uf, struct vbus_user_mem *mem);
int user_mem_del(struct user_file *uf, u64 addr);
void user_mem_free_all(struct user_file *uf);

/* ---- event.c: what read() returns -------------------------------------------------------- */

/**
 * struct user_events - events that were not read yet
 * @lock: guards @list, @lost and @closed
 * @list: &struct user_event, oldest first. Has at most one for each port that is there or that the
 *	reader knows of, see user_events_add()
 * @lost: there was no memory for one
 * @closed: there will be no more
 * @wait: readers
 */
struct user_events {
	struct mutex lock;	/* @list, @lost, @closed */
	struct list_head list;
	bool lost;
	bool closed;
	wait_queue_head_t wait;
};

void user_events_init(struct user_events *evs);
void user_events_add(struct user_events *evs, const struct vbus_event *ev);
void user_events_flush(struct user_events *evs);
void user_events_close(struct user_events *evs);
ssize_t user_events_read(struct user_events *evs, char __user *buf, size_t len, bool nonblock);
__poll_t user_events_poll(struct user_events *evs, struct file *file, poll_table *wait);

/* ---- eventfd.c: doorbells and vectors ---------------------------------------------------- */

int user_doorbell_set(struct user_file *uf, u32 nr, int fd);
int user_vector_set(struct user_file *uf, u32 nr, int fd);
void user_doorbells_free(struct user_file *uf);
void user_vectors_free(struct user_file *uf);
void user_raise(struct vbus_client *client, u32 nr);

/* ---- access.c: who may open -------------------------------------------------------------- */

int user_access_check(struct vbus_bus *bus);
void user_access_init(void);
void user_access_exit(void);

/* ---- file.c ------------------------------------------------------------------------------ */

enum user_state {
	USER_NEW,	/* opened */
	USER_ATTACHED,
	USER_GONE,	/* detached by the administrator, or being closed */
};

/**
 * struct user_file - an open file of /dev/vbus
 * @client: its end of the bus. Its last reference frees this struct; the file has one
 * @bus: bus of the process that opened; referenced
 * @lock: guards @state, and @doorbells and @vectors against changes. Outer to the core's locks; not
 *	held while memory of the process is touched
 * @state: see &enum user_state
 * @nr: the N of "user.N"
 * @table: memory
 * @events: events
 * @doorbells: &struct user_doorbell by number
 * @vectors: &struct user_vector by number; read under RCU
 */
struct user_file {
	struct vbus_client client;
	struct vbus_bus *bus;
	struct mutex lock;	/* @state, @doorbells, @vectors */
	enum user_state state;
	int nr;
	struct user_table table;
	struct user_events events;
	struct xarray doorbells;
	struct xarray vectors;
};

static inline struct user_file *client_to_user(struct vbus_client *client)
{
	return container_of(client, struct user_file, client);
}

extern const struct file_operations user_fops;
extern const struct vbus_client_ops user_client_ops;
extern struct vbus_connector user_connector;

int user_detach(struct user_file *uf);

#endif /* _VBUS_USER_H */

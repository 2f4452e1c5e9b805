// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a process: pinned when it is registered, charged to RLIMIT_MEMLOCK, and mapped into the
 * kernel in one piece, so that copies and rings need neither the process nor its page tables.
 *
 * What the process does to its mapping later (munmap, mremap, fork, exit) changes nothing: the
 * pages stay until the range is taken out. A memfd must not shrink, because then process and device
 * side would go on with different pages; other files are refused for the same reason, and because
 * the pages of a file system are not ours to keep.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <uapi/linux/fcntl.h>
#include "user.h"

/* Pages pinned at a stretch. */
#define PIN_BATCH	1024

/* As for other pinned memory, CAP_IPC_LOCK is not limited. */
static int range_charge(struct user_range *r)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	struct user_struct *user = current_user();
	long sum;

	if (capable(CAP_IPC_LOCK))
		return 0;
	sum = atomic_long_add_return(r->npages, &user->locked_vm);
	if (sum > limit) {
		atomic_long_sub(r->npages, &user->locked_vm);
		pr_info_ratelimited("uid %u: %lu pages of memory are more than RLIMIT_MEMLOCK leaves\n",
				    from_kuid(&init_user_ns, user->uid), r->npages);
		return -ENOMEM;
	}
	r->user = get_uid(user);
	return 0;
}

static void range_uncharge(struct user_range *r)
{
	if (!r->user)
		return;
	atomic_long_sub(r->npages, &r->user->locked_vm);
	free_uid(r->user);
}

/* Return: 0, or errno with nothing pinned. */
static int range_pin(struct user_range *r, unsigned long start)
{
	unsigned long done = 0;
	int n = 0;

	while (done < r->npages) {
		n = fatal_signal_pending(current) ? -EINTR :
		    pin_user_pages_fast(start + (done << PAGE_SHIFT),
					min_t(unsigned long, r->npages - done, PIN_BATCH),
					FOLL_WRITE | FOLL_LONGTERM, r->pages + done);
		if (n <= 0)
			break;
		done += n;
		cond_resched();
	}
	if (done == r->npages)
		return 0;
	unpin_user_pages(r->pages, done);
	return n ?: -EFAULT;
}

/* Is every page what was asked for: of @mapping, or, if that is NULL, anonymous? */
static bool range_pages_ok(const struct user_range *r, const struct address_space *mapping)
{
	unsigned long i;

	for (i = 0; i < r->npages; i++) {
		struct folio *folio = page_folio(r->pages[i]);

		if (mapping ? READ_ONCE(folio->mapping) != mapping : !folio_test_anon(folio))
			return false;
	}
	return true;
}

static int range_get_anon(struct user_range *r, u64 start)
{
	int err;

	if (start >= TASK_SIZE || r->len > TASK_SIZE - start)
		return -EFAULT;
	err = range_pin(r, start);
	if (err)
		return err;
	if (range_pages_ok(r, NULL))
		return 0;
	unpin_user_pages(r->pages, r->npages);
	pr_info_ratelimited("only private anonymous memory can be registered by address; memory that has a file, as a memfd\n");
	return -EINVAL;
}

/* Why @file will not do, or NULL. */
static const char *memfd_wrong(struct file *file, u64 end)
{
	struct inode *inode = file_inode(file);

	if (!shmem_file(file))
		return "is not a memfd of ordinary pages";
	if (!(READ_ONCE(SHMEM_I(inode)->seals) & F_SEAL_SHRINK))
		return "is not sealed against shrinking (F_SEAL_SHRINK)";
	if (end > i_size_read(inode))
		return "is shorter than the range";
	return NULL;
}

/*
 * A mapping for a moment, because pinning goes by address. Another thread can change what is there
 * meanwhile; hence the look at what was pinned.
 */
static int range_pin_file(struct user_range *r, struct file *file, u64 start)
{
	unsigned long at;
	int err;

	at = vm_mmap(file, 0, r->len, PROT_READ | PROT_WRITE, MAP_SHARED, start);
	if (IS_ERR_VALUE(at))
		return (int)at;
	err = range_pin(r, at);
	vm_munmap(at, r->len);
	if (err)
		return err;
	if (range_pages_ok(r, file->f_mapping))
		return 0;
	unpin_user_pages(r->pages, r->npages);
	return -EINVAL;
}

static int range_get_memfd(struct user_range *r, int fd, u64 start)
{
	struct file *file = fget(fd);
	const char *wrong;
	int err = -EINVAL;

	if (!file)
		return -EBADF;
	wrong = start > LLONG_MAX - r->len ? "is shorter than the range" :
					     memfd_wrong(file, start + r->len);
	if (wrong)
		pr_info_ratelimited("file %d of %s %s\n", fd, current->comm, wrong);
	else
		err = range_pin_file(r, file, start);
	fput(file);
	return err;
}

static struct user_range *range_alloc(const struct vbus_user_mem *mem)
{
	struct user_range *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return NULL;
	r->addr = mem->addr;
	r->len = mem->len;
	r->access = mem->flags;
	r->npages = mem->len >> PAGE_SHIFT;
	r->pages = kvmalloc_array(r->npages, sizeof(*r->pages), GFP_KERNEL_ACCOUNT);
	if (r->pages)
		return r;
	kfree(r);
	return NULL;
}

static void range_free(struct user_range *r)
{
	kvfree(r->pages);
	kfree(r);
}

/* Pinned, charged and mapped; or ERR_PTR(). */
static struct user_range *range_make(const struct vbus_user_mem *mem)
{
	struct user_range *r = range_alloc(mem);
	int err;

	if (!r)
		return ERR_PTR(-ENOMEM);
	err = range_charge(r);
	if (err)
		goto err_free;
	err = mem->fd < 0 ? range_get_anon(r, mem->start) :
			    range_get_memfd(r, mem->fd, mem->start);
	if (err)
		goto err_uncharge;
	r->ptr = vmap(r->pages, r->npages, VM_MAP, PAGE_KERNEL);
	if (r->ptr)
		return r;
	err = -ENOMEM;
	unpin_user_pages(r->pages, r->npages);
err_uncharge:
	range_uncharge(r);
err_free:
	range_free(r);
	return ERR_PTR(err);
}

/* Not in a table any more. */
static void range_end(struct user_range *r)
{
	vunmap(r->ptr);
	unpin_user_pages_dirty_lock(r->pages, r->npages, r->access & VBUS_USER_MEM_WRITE);
	range_uncharge(r);
	range_free(r);
}

static bool mem_ok(const struct vbus_user_mem *mem)
{
	return mem->len && mem->len <= USER_MAX_BYTES && mem->fd >= -1 &&
	       PAGE_ALIGNED(mem->len) && PAGE_ALIGNED(mem->start) &&
	       (mem->addr == VBUS_USER_ADDR_ANY || PAGE_ALIGNED(mem->addr)) &&
	       mem->flags && !(mem->flags & ~(VBUS_USER_MEM_READ | VBUS_USER_MEM_WRITE));
}

/* Register memory and fill in its address. */
int user_mem_add(struct user_file *uf, struct vbus_user_mem *mem)
{
	struct user_range *r;
	int err;

	if (!mem_ok(mem))
		return -EINVAL;
	err = user_table_reserve(&uf->table, mem->len);
	if (err)
		return err;
	r = range_make(mem);
	if (IS_ERR(r)) {
		err = PTR_ERR(r);
		goto err_unreserve;
	}
	err = user_table_add(&uf->table, r);
	if (err)
		goto err_end;
	mem->addr = r->addr;
	return 0;

err_end:
	range_end(r);
err_unreserve:
	user_table_unreserve(&uf->table, mem->len);
	return err;
}

int user_mem_del(struct user_file *uf, u64 addr)
{
	struct user_range *r = user_table_del(&uf->table, addr);

	if (IS_ERR(r))
		return PTR_ERR(r);
	range_end(r);
	return 0;
}

/* The table is closed and the client detached. */
void user_mem_free_all(struct user_file *uf)
{
	struct user_range *r;

	while ((r = user_table_take(&uf->table)))
		range_end(r);
}

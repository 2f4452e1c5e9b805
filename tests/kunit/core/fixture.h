/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites have in common: a class, a connector and clients that write down what is asked of
 * them, and the administrator, who is a shell.
 */
#ifndef _VBUS_KUNIT_FIXTURE_H
#define _VBUS_KUNIT_FIXTURE_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/vbus.h>
#include <vbus/connector.h>
#include <vbus/device.h>

/* ---- the device side: class "kunit", of one, and "kunit-many", of three ports ---- */

#define FAKE_TYPE	"kunit-port"
#define FAKE_VERSION	7
#define FAKE_FEATURES	0xf0full

/* Steps of a device's life, in the order in which they came. */
enum fake_step { FAKE_CREATE = 1, FAKE_OPEN, FAKE_CLOSE, FAKE_DESTROY, FAKE_RELEASE };

struct fake_class {
	struct vbus_devclass cls;
	unsigned int nports;
	u32 max_sessions;
	int create_err, open_err;
	u8 steps[32];
	unsigned int nsteps;
};

extern struct fake_class fake_one, fake_many;

struct fake_session {
	struct vbus_session s;
	struct vbus_poll poll;
	struct vbus_dqueue *q;
	atomic_t runs;
	bool take;	/* the poll takes what it finds */
	u32 takes_us;	/* what a run takes, besides */
};

/* The last session opened. */
extern struct fake_session *fake_last;

void fake_reset(struct fake_class *fc);

/* ---- the driver side: connector "kunit" ---- */

#define FAKE_DOORBELLS	4
#define FAKE_ARENA	0x10000

struct fake_client {
	struct vbus_client client;
	u8 *arena;
	struct vbus_event events[32];
	atomic_t nevents;
	atomic_t raised;
	struct completion released;
};

extern struct vbus_connector fake_connector;

/* ---- the administrator ---- */

/* Runs a line of shell with $D and $B for the directories of devices and buses; its exit status. */
__printf(1, 2) int admin(const char *fmt, ...);

/* A client of a bus of that name; detached and freed by fake_client_del(). */
struct fake_client *fake_client_add(struct kunit *test, const char *bus, const char *name,
				    int want);
void fake_client_del(struct kunit *test, struct fake_client *fc);

bool fake_wait(bool (*cond)(void *arg), void *arg, unsigned int ms);
bool fake_wait_events(struct fake_client *fc, int n);

int fake_verb(struct fake_client *fc, u16 verb, u32 handle, u32 arg, const void *in, u32 len,
	      void *out, u32 *reply_handle);
int fake_attach(struct fake_client *fc);
int fake_open(struct fake_client *fc, u32 port, u32 *handle);
int fake_queue(struct fake_client *fc, u32 handle, u32 id, u32 size, u32 *doorbell);
int fake_close(struct fake_client *fc, u32 handle);

/* A bus "kunit-bus" with one device "kunit-dev" of class "kunit" and a client that sent ATTACH. */
struct fake_client *fake_setup(struct kunit *test);
void fake_teardown(struct kunit *test, struct fake_client *fc);

/* Each suite's suite_init and suite_exit: the two classes and the connector. */
int fixture_up(struct kunit_suite *suite);
void fixture_down(struct kunit_suite *suite);

extern struct kunit_suite register_suite, device_suite, client_suite, verb_suite, doorbell_suite,
	poll_suite, split_suite;

#endif /* _VBUS_KUNIT_FIXTURE_H */

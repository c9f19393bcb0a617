// Work that a program hands to Dispatch, on a thread that plays an interleaving: it becomes tasks of the schedule, and its delays pass in
// virtual time. Each function has the name of one of libdispatch, and does what the original does on every other thread.
#define _GNU_SOURCE
#include "CInterleaving.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <stdlib.h>

#define IN_FRONT __attribute__((weak, visibility("default")))
#define ORIGINAL(name) \
  static __typeof__(name) *original; \
  if (!original) original = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

typedef void (*work_function)(void *);

// A block is an object whose code is its third word. The functions of its runtime are in the library that calls us.
static void run_block(void *block) {
  ((work_function *)block)[2](block);
  work_function release = (work_function)troupe_function("_Block_release");
  if (release) release(block);
}

static void *copied(void *block) {
  void *(*copy)(const void *) = (void *(*)(const void *))troupe_function("_Block_copy");
  return copy ? copy(block) : NULL;
}

// Hands work to the schedule. Returns whether it took it.
static bool take(const void *queue, int64_t delay, work_function function, void *context) {
  troupe_driver *driver = troupe_driving();
  if (!driver || !driver->dispatched || !context || delay < 0) return false;
  driver->dispatched(queue, delay, function, context);
  return true;
}

static bool take_block(const void *queue, int64_t delay, void *block) {
  // A part of a schedule may run blocks, but nothing is copied for a thread that plays none.
  return troupe_driving() && delay >= 0 && take(queue, delay, run_block, copied(block));
}

// The nanoseconds until a time of Dispatch, as in its `time.c`; negative for never.
static int64_t delay_until(uint64_t when) {
  troupe_driver *driver = troupe_driving();
  if (when == UINT64_MAX || !driver) return -1;
  int64_t end = (int64_t)when;
  if (when == 0) return 0;
  if (end < 0 && when & 1ull << 62) {
    end = -end - (troupe_wall_begins * 1000000000 - driver->beginning);
  } else {
    end = (int64_t)(when & ~(1ull << 63));
  }
  return end > driver->now ? end - driver->now : 0;
}

IN_FRONT void dispatch_async(const void *queue, void *block) {
  ORIGINAL(dispatch_async);
  if (!take_block(queue, 0, block)) original(queue, block);
}

IN_FRONT void dispatch_barrier_async(const void *queue, void *block) {
  ORIGINAL(dispatch_barrier_async);
  if (!take_block(queue, 0, block)) original(queue, block);
}

IN_FRONT void dispatch_after(uint64_t when, const void *queue, void *block) {
  ORIGINAL(dispatch_after);
  if (!take_block(queue, delay_until(when), block)) original(when, queue, block);
}

// A group is left when the block has run.
typedef struct {
  void *group, *block;
} member;

static void run_member(void *context) {
  member *work = context;
  run_block(work->block);
  work_function leave = (work_function)troupe_function("dispatch_group_leave");
  if (leave) leave(work->group);
  free(work);
}

IN_FRONT void dispatch_group_async(void *group, const void *queue, void *block) {
  ORIGINAL(dispatch_group_async);
  work_function enter = (work_function)troupe_function("dispatch_group_enter");
  member *work = troupe_driving() && enter ? malloc(sizeof *work) : NULL;
  if (!work) return original(group, queue, block);
  *work = (member){group, copied(block)};
  enter(group);
  if (!work->block || !take(queue, 0, run_member, work)) abort();
}

// What waits for the queue runs before; so it does on a queue of its own.
IN_FRONT void dispatch_sync(const void *queue, void *block) {
  ORIGINAL(dispatch_sync);
  troupe_driver *driver = troupe_driving();
  if (driver && driver->catches_up) driver->catches_up(queue);
  // The thread that the main queue would need waits for this one.
  if (!driver || queue != troupe_function("_dispatch_main_q")) return original(queue, block);
  driver->on_main++;
  ((work_function *)block)[2](block);
  driver->on_main--;
}
#endif

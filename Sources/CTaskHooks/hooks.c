// The places in which an ordinary program decides on which thread, and so in which order, its tasks run. Each function
// here has the name of one of the Swift runtime, and is found before it because it is part of the program. It does what the
// original does, except on a thread whose tasks have a driver. The symbols are weak, so that a program which has the runtime
// inside (`-static-stdlib`) links; there they have no effect, which `troupe_has_task_hooks` tells.
#define _GNU_SOURCE
#include "CTaskHooks.h"

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

static _Thread_local void *driven;

void *troupe_driven(void) { return driven; }
void troupe_set_driven(void *new_driven) { driven = new_driven; }

void *troupe_function(const char *name) {
#if defined(_WIN32)
  (void)name;
  return NULL;
#else
  return dlsym(RTLD_DEFAULT, name);
#endif
}

void *troupe_enqueue_global_hook(void) { return troupe_function("swift_task_enqueueGlobal_hook"); }

#if defined(__linux__)

#define IN_FRONT __attribute__((weak, visibility("default")))
#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define CONTEXT __attribute__((swift_async_context))

static _Thread_local troupe_task_driver *driver;

troupe_task_driver *troupe_drive_tasks(troupe_task_driver *new_driver) {
  troupe_task_driver *before = driver;
  driver = new_driver;
  return before;
}

// MARK: Entering an actor

typedef ASYNC void (*resume_function)(CONTEXT void *);
typedef ASYNC void (*switch_function)(CONTEXT void *, resume_function, const void *, const void *);
extern SWIFT bool swift_task_isCurrentExecutorWithFlags(const void *, const void *, uintptr_t);

static switch_function original_switch(void) {
  static switch_function original;
  if (!original) original = (switch_function)dlsym(RTLD_NEXT, "swift_task_switch");
  return original;
}

// The most awaits of one part.
enum { MOST_AWAITS = 10000 };

// What a task does when it is run at the gate: it enters the actor. Only the context is passed. The other parameters are
// there because a tail call needs a function of the same type, and what they hold is not read.
static ASYNC void enter(CONTEXT void *context, resume_function a, const void *b, const void *c) {
  (void)a, (void)b, (void)c;
  switch_function original = original_switch();
  __attribute__((musttail)) return original(
      context, (resume_function)driver->admitted_resume, driver->admitted_actor, NULL);
}

// A task calls this to go on with another executor. Default actors have no witness table. The runtime would put the task
// into the actor's own queue, whose jobs run in one go and out of sight; so the task waits at the gate first.
IN_FRONT ASYNC void swift_task_switch(
    CONTEXT void *context, resume_function resume, const void *identity, const void *witness) {
  switch_function original = original_switch();
  // A task on no actor that awaits again and again what is there already would never let another one run, which on a thread of
  // its own could end it. So it rests at the gate now and then.
  if (driver && !identity && ++driver->awaits > MOST_AWAITS) {
    driver->awaits = 0;
    driver->arriving_actor = NULL;
    driver->arriving_resume = (const void *)resume;
    __attribute__((musttail)) return original(
        context, (resume_function)(void *)enter, driver->gate.identity, driver->gate.witness);
  }
  if (driver && identity && !witness && !swift_task_isCurrentExecutorWithFlags(identity, witness, 0)) {
    driver->arriving_actor = identity;
    driver->arriving_resume = (const void *)resume;
    __attribute__((musttail)) return original(
        context, (resume_function)(void *)enter, driver->gate.identity, driver->gate.witness);
  }
  __attribute__((musttail)) return original(context, resume, identity, witness);
}

// MARK: Running a task

// The runtime calls this each time it lets a task run on this thread. It is the only thing that is seen of a task which an actor
// takes out of its own queue.
IN_FRONT void swift_task_enterThreadLocalContext(char *state) {
  static void (*original)(char *);
  if (!original) original = (void (*)(char *))dlsym(RTLD_NEXT, "swift_task_enterThreadLocalContext");
  if (driver) driver->runs++;
  original(state);
}

// MARK: Making a task

// The records that say how a task is made, as in the runtime's `TaskOptions.h`.
typedef struct option {
  size_t flags;
  struct option *parent;
} option;
typedef struct {
  option base;
  troupe_executor executor;
} preference;
typedef struct {
  option base;
  const char *text;
} name;
enum { IN_GROUP = 1, ASYNC_LET = 2, ASYNC_LET_WITH_BUFFER = 3, UNOWNED_PREFERENCE = 5, OWNED_PREFERENCE = 6, NAME = 7 };
typedef struct {
  void *task, *context;
} created_task;
typedef SWIFT created_task (*create_function)(size_t, option *, const void *, void *, void *);

// An unstructured task has no preferred executor, and the runtime runs a task without one through several actors in one
// go. So the task is given the lane. A child has its parent's preference.
IN_FRONT SWIFT created_task swift_task_create(
    size_t flags, option *options, const void *type, void *entry, void *context) {
  static create_function original;
  if (!original) original = (create_function)dlsym(RTLD_NEXT, "swift_task_create");
  if (!driver) return original(flags, options, type, entry, context);
  bool has_preference = false;
  driver->created_name = NULL;
  for (option *record = options; record; record = record->parent) {
    size_t kind = record->flags & 0xff;
    if (kind == NAME) driver->created_name = ((name *)record)->text;
    has_preference = has_preference || kind == IN_GROUP || kind == ASYNC_LET || kind == ASYNC_LET_WITH_BUFFER ||
                     kind == UNOWNED_PREFERENCE || kind == OWNED_PREFERENCE;
  }
  preference lane = {{UNOWNED_PREFERENCE, options}, driver->lane};
  // The task is put into the queue before this returns, and so while its name is known.
  created_task made = original(flags, has_preference ? options : &lane.base, type, entry, context);
  driver->created_name = NULL;
  return made;
}

bool troupe_has_task_hooks(void) { return original_switch() && dlsym(RTLD_NEXT, "swift_task_create"); }

#else
// A function of the program is found before the runtime's on Linux alone: Darwin and Windows bind a library to its own.
troupe_task_driver *troupe_drive_tasks(troupe_task_driver *new_driver) {
  (void)new_driver;
  return NULL;
}
bool troupe_has_task_hooks(void) { return false; }
#endif

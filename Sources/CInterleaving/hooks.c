// The places in which an ordinary program decides on which thread, and so in which order, its tasks run. Each function
// here has the name of one of the Swift runtime or the C library, and is found before it because it is part of the
// program. It does what the original does, except on a thread that plays an interleaving. The symbols are weak, so that a
// program which has the runtime inside (`-static-stdlib`) links; there they have no effect, which `RuntimeCheck` tells.
#define _GNU_SOURCE
#include "CInterleaving.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IN_FRONT __attribute__((weak, visibility("default")))
#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define CONTEXT __attribute__((swift_async_context))

static __thread troupe_driver *driver;

void troupe_drive(troupe_driver *new_driver) { driver = new_driver; }
troupe_driver *troupe_driving(void) { return driver; }

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

// MARK: Making an actor

IN_FRONT SWIFT void swift_defaultActor_initialize(void *actor) {
  static SWIFT void (*original)(void *);
  if (!original) original = (SWIFT void (*)(void *))dlsym(RTLD_NEXT, "swift_defaultActor_initialize");
  original(actor);
  if (driver && driver->actor_made) driver->actor_made(actor);
}

// MARK: The end of an `async let`

// What an `async let` begins with, as in the runtime's `AsyncLet.cpp`.
typedef struct {
  size_t flags;
  void *parent, *task;
} async_let;
typedef ASYNC void (*finish_function)(CONTEXT void *, async_let *, void *, const void *, void *);

// The memory of an `async let` task is on its parent's stack. The parent calls this before it goes out of scope.
IN_FRONT ASYNC void swift_asyncLet_finish(
    CONTEXT void *context, async_let *child, void *buffer, const void *resume, void *frame) {
  static finish_function original;
  if (!original) original = (finish_function)dlsym(RTLD_NEXT, "swift_asyncLet_finish");
  if (driver && driver->child_ends) driver->child_ends(child->task);
  __attribute__((musttail)) return original(context, child, buffer, resume, frame);
}

// MARK: Cancelling a task

extern SWIFT void swift_task_cancel(void *);
void troupe_cancel_task(void *task) { swift_task_cancel(task); }

// MARK: The main actor

typedef SWIFT troupe_executor (*main_function)(void);
typedef SWIFT bool (*is_main_function)(const void *, const void *);
extern void *swift_task_getMainExecutor_hook, *swift_task_isMainExecutor_hook;

static SWIFT troupe_executor main_executor(main_function original) { return driver ? driver->main : original(); }
static SWIFT bool is_main_executor(const void *identity, const void *witness, is_main_function original) {
  return (driver && identity == driver->main.identity) || original(identity, witness);
}
__attribute__((constructor)) static void install(void) {
  swift_task_getMainExecutor_hook = (void *)main_executor;
  swift_task_isMainExecutor_hook = (void *)is_main_executor;
}

// MARK: What a schedule leaves behind

static atomic_bool has_left_test;
void troupe_leave_test(void) { atomic_store(&has_left_test, true); }

// The compiler calls this at the end of `withoutActuallyEscaping`, and ends the process if it returns true. A test that waits for
// ever leaves its task, which never runs again, but which keeps the test's function. From then on this is no error.
IN_FRONT bool swift_isEscapingClosureAtFileLocation(
    const void *object, const unsigned char *file, int32_t length, int32_t line, int32_t column, unsigned kind) {
  static bool (*original)(const void *, const unsigned char *, int32_t, int32_t, int32_t, unsigned);
  if (atomic_load(&has_left_test)) return false;
  if (!original) {
    original = (bool (*)(const void *, const unsigned char *, int32_t, int32_t, int32_t, unsigned))dlsym(
        RTLD_NEXT, "swift_isEscapingClosureAtFileLocation");
  }
  return original(object, file, length, line, column, kind);
}

// MARK: Time

// The wall clock of a schedule begins at the same second in every process: 2001-09-09 01:46:40 UTC.
static const int64_t wall_begins = 1000000000;

// `ContinuousClock`, `SuspendingClock` and `Date` ask for these clocks.
IN_FRONT int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*original)(clockid_t, struct timespec *);
  if (driver && (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_MONOTONIC_RAW)) {
    time->tv_sec = driver->now / 1000000000;
    time->tv_nsec = driver->now % 1000000000;
    return 0;
  }
  if (driver && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t passed = driver->now - driver->beginning;
    time->tv_sec = wall_begins + passed / 1000000000;
    time->tv_nsec = passed % 1000000000;
    return 0;
  }
  if (!original) original = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  return original(clock, time);
}

// MARK: The end of the process

static const int fatal[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
enum { FATAL = sizeof fatal / sizeof *fatal };
static struct sigaction before[FATAL], before_interrupt;
static atomic_int interrupts, watchers;
static atomic_bool is_watching;

void troupe_print_note(const troupe_driver *dying) {
  size_t written = 0;
  while (written < dying->note_length) {
    ssize_t count = write(STDERR_FILENO, dying->note + written, dying->note_length - written);
    if (count <= 0) break;
    written += (size_t)count;
  }
  if (write(STDERR_FILENO, "'\n", 2) < 0) return;
}

static void on_fatal(int signal_number, siginfo_t *info, void *context) {
  (void)info, (void)context;
  if (driver) troupe_print_note(driver);
  for (int index = 0; index < FATAL; index++) {
    if (fatal[index] == signal_number) sigaction(signal_number, &before[index], NULL);
  }
  // The instruction that failed is run again, and fails under the handler that was there before.
  if (signal_number == SIGABRT) raise(signal_number);
}

static void on_interrupt(int signal_number) {
  // A second interrupt does not wait for the end of the interleaving.
  if (atomic_fetch_add(&interrupts, 1) > 0) {
    signal(SIGINT, SIG_DFL);
    kill(getpid(), signal_number);
  }
}

void troupe_watch_signals(void) {
  if (!atomic_exchange(&is_watching, true)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_fatal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int index = 0; index < FATAL; index++) sigaction(fatal[index], &action, &before[index]);
  }
  if (atomic_fetch_add(&watchers, 1) == 0) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, &before_interrupt);
  }
}

void troupe_unwatch_interrupts(void) {
  if (atomic_fetch_sub(&watchers, 1) == 1) sigaction(SIGINT, &before_interrupt, NULL);
}

int troupe_interrupts(void) { return atomic_load(&interrupts); }

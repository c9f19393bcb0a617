// The places in which an ordinary program decides on which thread, and so in which order, its tasks run. Each function
// here has the name of one of the Swift runtime or the C library, and is found before it because it is part of the
// program. It does what the original does, except on a thread that plays an interleaving. The symbols are weak, so that a
// program which has the runtime inside (`-static-stdlib`) links; there they have no effect, which `RuntimeCheck` tells.
#define _GNU_SOURCE
#include "CInterleaving.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define IN_FRONT __attribute__((weak, visibility("default")))
#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define CONTEXT __attribute__((swift_async_context))

static _Thread_local troupe_driver *driver;

void troupe_drive(troupe_driver *new_driver) {
  driver = new_driver;
  troupe_drive_tasks(driver ? &driver->tasks : NULL);
}
troupe_driver *troupe_driving(void) { return driver; }

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
const int64_t troupe_wall_begins = 1000000000;

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
    time->tv_sec = troupe_wall_begins + passed / 1000000000;
    time->tv_nsec = passed % 1000000000;
    return 0;
  }
  if (!original) original = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  return original(clock, time);
}

// MARK: Chance

// What Swift draws from the system: `SystemRandomNumberGenerator`, and the `UUID` of Foundation. In a schedule it is the same each time
// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
static void draw(unsigned char *bytes, size_t count) {
  for (size_t place = 0; place < count; place++) {
    uint64_t bits = driver->random += 0x9e3779b97f4a7c15;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    bytes[place] = (unsigned char)(bits ^ bits >> 31);
  }
}

// The library of Swift asks the kernel by this.
IN_FRONT long syscall(long number, ...) {
  static long (*original)(long, ...);
  if (!original) original = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  long given[6];
  va_list rest;
  va_start(rest, number);
  for (int index = 0; index < 6; index++) given[index] = va_arg(rest, long);
  va_end(rest);
  if (driver && number == SYS_getrandom) {
    draw((unsigned char *)given[0], (size_t)given[1]);
    return given[1];
  }
  return original(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

// Foundation makes a UUID (RFC 9562, version 4) by this.
IN_FRONT void _foundation_uuid_generate_random(unsigned char bytes[16]) {
  static void (*original)(unsigned char *);
  if (!original) original = (void (*)(unsigned char *))dlsym(RTLD_NEXT, "_foundation_uuid_generate_random");
  if (driver) draw(bytes, 16);
  if (!driver && original) original(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
}

// Hashes are the same in each process, and with them the order of a `Dictionary`, as the variable `SWIFT_DETERMINISTIC_HASHING` makes
// them. It has to be so before the first one, so it is for all of the program.
__attribute__((constructor)) static void fix_hashes(void) {
  struct {
    uint64_t seeds[2];
    bool is_deterministic;
  } *parameters = troupe_function("_swift_stdlib_Hashing_parameters");
  if (!parameters) return;
  parameters->seeds[0] = parameters->seeds[1] = 0;
  parameters->is_deterministic = true;
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

#else
// No schedule is played where the functions above cannot stand in front of the runtime's.
void troupe_drive(troupe_driver *driver) { (void)driver; }
troupe_driver *troupe_driving(void) { return NULL; }
void troupe_leave_test(void) {}
void troupe_cancel_task(void *task) { (void)task; }
void troupe_watch_signals(void) {}
void troupe_unwatch_interrupts(void) {}
int troupe_interrupts(void) { return 0; }
void troupe_print_note(const troupe_driver *driver) { (void)driver; }
#endif

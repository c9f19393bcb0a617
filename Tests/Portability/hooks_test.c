// Calls what a Swift program calls, with the hooks in the program and the stand-in for the runtime beside it, and looks at what gets
// through. So it shows on any processor whether the calling conventions, the tail calls and the order of the linker hold there.
#include "CInterleaving.h"
#include "runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHECK(condition) \
  do { \
    checks++; \
    if (!(condition)) { \
      fprintf(stderr, "hooks_test.c:%d: not so: %s\n", __LINE__, #condition); \
      exit(1); \
    } \
  } while (0)

static int checks, resumed;
static void *context_seen;
static ASYNC void go_on(CONTEXT void *context) {
  resumed++;
  context_seen = context;
}

static void *child_ended;
static const void *actor_made;
static void child_ends(void *child) { child_ended = child; }
static void actor_is_made(const void *actor) { actor_made = actor; }

typedef SWIFT troupe_executor (*main_function)(void);
typedef SWIFT troupe_executor (*main_hook)(main_function);
static SWIFT troupe_executor no_main(void) { return (troupe_executor){NULL, NULL}; }

static void switches(troupe_driver *driver) {
  int context = 0, actor = 0, other = 0, witness = 0;
  // Nobody decides: the runtime gets what the program says.
  swift_task_switch(&context, go_on, &actor, NULL);
  CHECK(seen.identity == &actor && seen.witness == NULL && resumed == 1 && context_seen == &context);

  troupe_drive(driver);
  // Another executor than a default actor goes through, and so does the actor on which the task is.
  swift_task_switch(&context, go_on, &other, &witness);
  CHECK(seen.identity == &other && seen.witness == &witness && resumed == 2);
  seen.current = &actor;
  swift_task_switch(&context, go_on, &actor, NULL);
  CHECK(seen.identity == &actor && resumed == 3);
  // A default actor has a gate, and the task enters it from there: the stand-in goes on at once, which is what the gate would do.
  seen.current = NULL;
  driver->tasks.admitted_actor = &actor;
  driver->tasks.admitted_resume = (const void *)go_on;
  swift_task_switch(&context, go_on, &actor, NULL);
  CHECK(driver->tasks.arriving_actor == &actor && driver->tasks.arriving_resume == (const void *)go_on);
  CHECK(seen.identity == &actor && seen.resume == (const void *)go_on && resumed == 4 && context_seen == &context);
  // A task that awaits again and again what is there rests at the gate.
  for (int await = 0; await < 10000; await++) swift_task_switch(&context, go_on, NULL, NULL);
  CHECK(resumed == 10004 && driver->tasks.awaits == 10000);
  driver->tasks.admitted_actor = NULL;
  swift_task_switch(&context, go_on, NULL, NULL);
  CHECK(resumed == 10005 && driver->tasks.awaits == 0 && driver->tasks.arriving_actor == NULL);
  troupe_drive(NULL);
}

static void creations(troupe_driver *driver) {
  int entry = 0, context = 0;
  const char *label = "reader";
  struct {
    option base;
    const char *text;
  } name = {{7, NULL}, label};
  struct {
    option base;
    void *group;
  } group = {{1, NULL}, NULL};

  created_task made = swift_task_create(12, &name.base, NULL, &entry, &context);
  CHECK(made.task == &entry && made.context == &context && seen.flags == 12 && seen.option_count == 1);
  troupe_drive(driver);
  made = swift_task_create(13, &name.base, NULL, &entry, &context);
  // The lane is preferred, and the name is still there.
  CHECK(made.task == &entry && seen.flags == 13 && seen.option_count == 2 && seen.first_option[0] == 5);
  CHECK(seen.first_option[2] == (size_t)driver->tasks.lane.identity);
  CHECK(seen.first_option[3] == (size_t)driver->tasks.lane.witness);
  // A child has its parent's preference.
  swift_task_create(14, &group.base, NULL, &entry, &context);
  CHECK(seen.option_count == 1 && seen.first_option[0] == 1 && driver->tasks.created_name == NULL);
  troupe_drive(NULL);
}

static void the_rest(troupe_driver *driver) {
  int actor = 0, task = 0, buffer = 0;
  char state = 0;
  struct {
    size_t flags;
    void *parent, *task;
  } child = {0, NULL, &task};
  swift_defaultActor_initialize(&actor);
  CHECK(seen.actor == &actor && actor_made == NULL);
  troupe_drive(driver);
  swift_defaultActor_initialize(&actor);
  CHECK(actor_made == &actor);
  swift_asyncLet_finish(NULL, &child, &buffer, NULL, NULL);
  CHECK(seen.finished == &child && child_ended == &task);
  swift_task_enterThreadLocalContext(&state);
  CHECK(seen.state == &state && driver->tasks.runs == 1);
  troupe_cancel_task(&task);
  CHECK(seen.cancelled == &task);
  main_hook hook = (main_hook)swift_task_getMainExecutor_hook;
  CHECK(hook(no_main).identity == driver->main.identity && hook(no_main).witness == driver->main.witness);

  struct timespec time;
  driver->now = 5000000007, driver->beginning = 2000000000;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0 && time.tv_sec == 5 && time.tv_nsec == 7);
  CHECK(clock_gettime(CLOCK_REALTIME, &time) == 0 && time.tv_sec == 1000000003 && time.tv_nsec == 7);
  troupe_drive(NULL);
  CHECK(hook(no_main).identity == NULL);
  CHECK(clock_gettime(CLOCK_REALTIME, &time) == 0 && time.tv_sec > 1000000003 + 86400);
  CHECK(swift_isEscapingClosureAtFileLocation(NULL, NULL, 0, 0, 0, 0));
  troupe_leave_test();
  CHECK(!swift_isEscapingClosureAtFileLocation(NULL, NULL, 0, 0, 0, 0));
}

int main(void) {
  int gate = 0, lane = 0, main_lane = 0, witness = 0;
  static troupe_driver driver;
  driver.tasks.gate = (troupe_executor){&gate, &witness};
  driver.tasks.lane = (troupe_executor){&lane, &witness};
  driver.main = (troupe_executor){&main_lane, &witness};
  driver.child_ends = child_ends;
  driver.actor_made = actor_is_made;
  CHECK(troupe_has_task_hooks() && troupe_enqueue_global_hook() == &swift_task_enqueueGlobal_hook);
  CHECK(troupe_function("no such function") == NULL);
  switches(&driver);
  creations(&driver);
  the_rest(&driver);
  printf("%d checks passed\n", checks);
  return 0;
}

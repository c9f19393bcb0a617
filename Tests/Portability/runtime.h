#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define CONTEXT __attribute__((swift_async_context))

typedef ASYNC void (*resume_function)(CONTEXT void *);
typedef struct option {
  size_t flags;
  struct option *parent;
} option;
typedef struct {
  void *task, *context;
} created_task;

/// What the stand-in was called with last.
extern struct seen {
  const void *identity, *witness, *resume, *current;
  size_t flags, option_count;
  size_t first_option[4];
  char *state;
  void *actor, *finished, *cancelled;
} seen;

ASYNC void swift_task_switch(CONTEXT void *, resume_function, const void *, const void *);
SWIFT created_task swift_task_create(size_t, option *, const void *, void *, void *);
void swift_task_enterThreadLocalContext(char *);
SWIFT void swift_defaultActor_initialize(void *);
ASYNC void swift_asyncLet_finish(CONTEXT void *, void *, void *, const void *, void *);
bool swift_isEscapingClosureAtFileLocation(
    const void *, const unsigned char *, int32_t, int32_t, int32_t, unsigned);
extern void *swift_task_getMainExecutor_hook, *swift_task_isMainExecutor_hook, *swift_task_enqueueGlobal_hook;

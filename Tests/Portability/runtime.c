// A stand-in for the parts of the Swift runtime that the hooks of `CTaskHooks` and `CInterleaving` stand in front of. It is a library,
// so that the dynamic linker finds the hooks first, as it does in a program with the real one.
#include "runtime.h"

#include <string.h>

struct seen seen;

ASYNC void swift_task_switch(CONTEXT void *context, resume_function resume, const void *identity, const void *witness) {
  (void)context;
  seen.identity = identity;
  seen.witness = witness;
  seen.resume = (const void *)resume;
  resume(context);
}

SWIFT bool swift_task_isCurrentExecutorWithFlags(const void *identity, const void *witness, uintptr_t flags) {
  (void)witness, (void)flags;
  return identity == seen.current;
}

SWIFT created_task swift_task_create(
    size_t flags, option *options, const void *type, void *entry, void *context) {
  (void)type;
  seen.flags = flags;
  seen.option_count = 0;
  for (option *record = options; record; record = record->parent) {
    if (seen.option_count++ == 0) memcpy(seen.first_option, record, sizeof seen.first_option);
  }
  return (created_task){entry, context};
}

void swift_task_enterThreadLocalContext(char *state) { seen.state = state; }
SWIFT void swift_defaultActor_initialize(void *actor) { seen.actor = actor; }
ASYNC void swift_asyncLet_finish(
    CONTEXT void *context, void *child, void *buffer, const void *resume, void *frame) {
  (void)context, (void)buffer, (void)resume, (void)frame;
  seen.finished = child;
}
SWIFT void swift_task_cancel(void *task) { seen.cancelled = task; }
bool swift_isEscapingClosureAtFileLocation(
    const void *object, const unsigned char *file, int32_t length, int32_t line, int32_t column, unsigned kind) {
  (void)object, (void)file, (void)length, (void)line, (void)column, (void)kind;
  return true;
}

void *swift_task_getMainExecutor_hook, *swift_task_isMainExecutor_hook, *swift_task_enqueueGlobal_hook;

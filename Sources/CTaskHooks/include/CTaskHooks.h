#pragma once
// What decides where the Swift tasks of a thread go on, as far as Swift itself cannot say it: functions with the calling
// conventions of tasks, which stand in front of three functions of the Swift runtime.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The reference of an executor, as the Swift runtime passes it: the object and its witness table.
typedef struct {
  const void *identity, *witness;
} troupe_executor;

/// What decides for the tasks that run on a thread. Only that thread touches it.
typedef struct {
  /// The executor on which a task waits until it may enter a default actor.
  troupe_executor gate;
  /// The executor that an unstructured task prefers. A child has its parent's preference.
  troupe_executor lane;
  /// The number of awaits of the running part after which its task went on at once.
  uint32_t awaits;
  /// How often a task was let run.
  uint32_t runs;
  /// The default actor that a task is about to enter, NULL if it rests, and where the task goes on in it.
  const void *arriving_actor, *arriving_resume;
  /// The default actor that a task at the gate enters now, NULL if it has rested, and where the task goes on.
  const void *admitted_actor, *admitted_resume;
  /// The name that the program gave to the task that is being made; NULL if none.
  const char *created_name;
} troupe_task_driver;

/// Makes `driver` decide for the tasks of this thread; NULL ends it. Returns what decided before.
troupe_task_driver *troupe_drive_tasks(troupe_task_driver *driver);
/// What this thread drives, as its owner knows it; NULL if nothing.
void *troupe_driven(void);
void troupe_set_driven(void *driven);
/// Where the Swift runtime keeps its hook for jobs on their way to the global executor; NULL if it has none.
void *troupe_enqueue_global_hook(void);
/// The function of the program or of a library with this name; NULL if there is none.
void *troupe_function(const char *name);
/// Whether the functions here are found before those of the Swift runtime. They are not in a program that has the runtime inside
/// (`-static-stdlib`), nor on a platform other than Linux.
bool troupe_has_task_hooks(void);

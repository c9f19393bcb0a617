#pragma once
// What decides the order of a thread's Swift jobs, as far as Swift itself cannot say it: functions with the calling
// conventions of tasks, which stand in front of functions of the Swift runtime, of Dispatch and of the C library.
#include <CTaskHooks.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The state of the thread that plays an interleaving. Only that thread touches it, except `steps`.
typedef struct {
  /// The executors to which the hooks send the tasks of this thread.
  troupe_task_driver tasks;
  /// The executor of the main actor while this thread plays.
  troupe_executor main;
  /// Is called with an `async let` task before its memory is gone; NULL for nothing.
  void (*child_ends)(void *task);
  /// Is called with each default actor that this thread makes; NULL for nothing.
  void (*actor_made)(const void *actor);
  /// Takes `function`, which is called once with `context`, as work of a Dispatch queue after `delay` nanoseconds; NULL if Dispatch
  /// does its own.
  void (*dispatched)(const void *queue, int64_t delay, void (*function)(void *), void *context);
  /// Is called before work that a queue does at once; NULL for nothing.
  void (*catches_up)(const void *queue);
  /// How many blocks of the main queue run on this thread now, one within another: while there is any, it counts as the main actor's thread.
  int on_main;
  /// The state of the generator that answers when the program asks the system for random numbers.
  uint64_t random;
  /// The Swift object `StepQueue` with the parts of the schedule that could run; not retained.
  void *queue;
  /// The virtual time, and that at the beginning of the schedule, in nanoseconds.
  int64_t now, beginning;
  /// What is printed if the process dies: how to play the interleaving again.
  char *note;
  size_t note_length;
} troupe_driver;

/// The second at which the wall clock of a schedule begins.
extern const int64_t troupe_wall_begins;

/// Makes `driver` decide on this thread; NULL ends it.
void troupe_drive(troupe_driver *driver);
/// The state that decides on this thread; NULL if none does.
troupe_driver *troupe_driving(void);
/// Notes that a schedule has left a test that did not end.
void troupe_leave_test(void);
/// Cancels a task, which has to be alive, as its handle would.
void troupe_cancel_task(void *task);
/// Lets the note of a thread be printed when a signal ends the process, and counts interrupts.
void troupe_watch_signals(void);
/// Lets an interrupt end the process again.
void troupe_unwatch_interrupts(void);
/// The number of interrupts (SIGINT) since signals are watched.
int troupe_interrupts(void);
/// Prints the note of a thread on standard error.
void troupe_print_note(const troupe_driver *driver);

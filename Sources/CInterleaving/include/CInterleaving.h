#pragma once
// What decides the order of a thread's Swift jobs, as far as Swift itself cannot say it: functions with the calling
// conventions of tasks, which stand in front of three functions of the Swift runtime and one of the C library.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The reference of an executor, as the Swift runtime passes it: the object and its witness table.
typedef struct {
  const void *identity, *witness;
} troupe_executor;

/// The state of the thread that plays an interleaving. Only that thread touches it, except `steps`.
typedef struct {
  /// The executor on which a task waits until it may enter a default actor.
  troupe_executor gate;
  /// The executor that every task prefers.
  troupe_executor lane;
  /// The executor of the main actor while this thread plays.
  troupe_executor main;
  /// The number of awaits of the running part after which its task went on at once.
  uint32_t awaits;
  /// The default actor that a task is about to enter, NULL if it rests, and where the task goes on in it.
  const void *arriving_actor, *arriving_resume;
  /// The default actor that a task at the gate enters now, NULL if it has rested, and where the task goes on.
  const void *admitted_actor, *admitted_resume;
  /// The name that the test gave to the task that is being made; NULL if none.
  const char *created_name;
  /// Is called with an `async let` task before its memory is gone; NULL for nothing.
  void (*child_ends)(void *task);
  /// Is called with each default actor that this thread makes; NULL for nothing.
  void (*actor_made)(const void *actor);
  /// The virtual time, and that at the beginning of the schedule, in nanoseconds.
  int64_t now, beginning;
  /// What is printed if the process dies: how to play the interleaving again.
  char *note;
  size_t note_length;
} troupe_driver;

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

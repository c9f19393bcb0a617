#pragma once
#include <spawn.h>

// What glibc has for GNU programs only, which Swift's module of it leaves out.

/// A new file in memory, or -1 with `errno`. No process inherits it.
int sandbox_memory_file(void);

/// The two ends of a new pipe, or -1 with `errno`. No process inherits them.
int sandbox_pipe(int ends[2]);

/// Lets a process that will be started close all descriptors from `first` on.
int sandbox_close_from(posix_spawn_file_actions_t *actions, int first);

// The files of the page that shows runs and episodes, as bytes that are part of the program.
#pragma once

typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  long count;
} troupe_viewer_part;

// Returns the file of page/ that has this name; NULL if there is none.
const troupe_viewer_part *_Nullable troupe_viewer_file(const char *_Nonnull name);

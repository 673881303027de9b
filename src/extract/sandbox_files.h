/* Landlock's part of the sandbox: which files can be named at all. */
#ifndef TENON_EXTRACT_SANDBOX_FILES_H
#define TENON_EXTRACT_SANDBOX_FILES_H

#include <stdbool.h>

/* Without a program no file can be opened. With one, it and its loader can be executed, and the system's libraries and data
   read. False where the kernel has no Landlock. */
bool sandbox_files(const char *program);

#endif

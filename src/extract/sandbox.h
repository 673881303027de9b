/*
 * The sandbox of the parser child. It is entered before the first byte of the document is read and never left.
 *
 *   - limits: memory 512 MB, 20 s of processor time, no file may grow, few descriptors, no core;
 *   - no new privileges, no capabilities, not traceable;
 *   - Landlock, where the kernel has it: no file at all, or for pdftotext what it needs to start, to read only; no TCP, no
 *     signals to others;
 *   - seccomp: a list of what is allowed. No sockets, no ptrace, no mount, no signals to others, no writing open. Executing is
 *     allowed once, of one path, for PDF only.
 *
 * In builds with sanitizers the limit on memory is left out: they reserve terabytes.
 */
#ifndef TENON_EXTRACT_SANDBOX_H
#define TENON_EXTRACT_SANDBOX_H

#include <stdbool.h>

/* `program`: what may be executed, or NULL for nothing. `*ret_program` is then the pointer that execve must be given: the
   filter compares the pointer itself. False with a line that says what is missing. */
bool sandbox_enter(const char *program, const char **ret_program, const char **ret_missing);

/* In the process that is to execute: from here on no further process can be made. */
bool sandbox_last_exec(void);

/* In the process that goes on: nothing more is executed, opened or started. */
bool sandbox_narrow(void);

/* Tries what must not be possible and prints the name of each thing that was, one a line. Returns how many. */
int sandbox_self_test(void);

#endif

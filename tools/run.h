/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs an image on QEMU and shows what it says and what it cost.
 */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

/* Command: orlop run [options] FILE.yaml|IMAGE [-- QEMU's arguments]. Returns the exit status. */
int run_command(int argc, char **argv);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw mode, and the one escape sequence that does not go to a guest.
 */
#include "tools/terminal.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE 0x01 /* Ctrl-A, as in QEMU */

static struct termios before; /* valid once terminal_make_raw has changed it */

static void restore(void)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void terminal_make_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
		return;
	raw = before;
	raw.c_iflag &= ~(tcflag_t)(ICRNL | IXON | BRKINT | ISTRIP);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
		atexit(restore);
}

size_t terminal_filter(char *bytes, size_t count, bool *end)
{
	static bool escaped; /* the last byte was ESCAPE; owner: this function */
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (escaped && bytes[i] == 'x')
			*end = true;
		else if (!escaped && bytes[i] == ESCAPE) {
			escaped = true;
			continue;
		} else {
			bytes[kept++] = bytes[i];
		}
		escaped = false;
	}
	return kept;
}

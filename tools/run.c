/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * orlop run: starts QEMU, passes the consoles on, and when the machine switches itself off, reads
 * the hypervisor's counters out of the paused machine, prints them and ends QEMU.
 */
#include "tools/run.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/instance.h"
#include "tools/message.h"
#include "tools/planner.h"
#include "tools/qemu.h"
#include "tools/qmp.h"
#include "tools/stats.h"
#include "tools/terminal.h"
#include "tools/timeline.h"

#define QMP_TIMEOUT_MS 10000u
#define TIMEOUT_MAX_S  1e6
#define STATUS_TIMEOUT 3
#define STATUS_SIGNAL  128
#define REPEATS_MOST   8u

struct options {
	const char *file, *hyp, *name, *stats_file, *timeline_file, *timeline_when;
	const char *repeats[REPEATS_MOST];
	unsigned repeat_count;
	double timeout; /* seconds; 0: none */
	bool raw_terminal;
	struct qemu_options qemu;
};

/* A stream from the machine to our output. */
struct stream {
	int fd;
	bool whole_lines; /* keep back what is not yet a line, so that it does not split others' */
	char line[512];
	size_t length;
};

struct session {
	const struct options *options;
	struct machine machine;
	struct qemu qemu;
	struct qmp qmp;
	struct stream serial, debugger;
	int signals;
	bool input_open;
	double started;
	char *repeated; /* lines to show again at the end */
	bool draws;     /* the line that the picture is to be taken at has come */
	bool has_drawn;
};

/* How the machine's run ended: not yet, orderly, or not. */
enum end { RUNNING, POWERED_OFF, RESET, QEMU_GONE, TIMED_OUT, SIGNALLED, QUIT };

static bool is_repeated(const struct options *options, const char *line)
{
	for (unsigned i = 0; i < options->repeat_count; i++) {
		if (strstr(line, options->repeats[i]))
			return true;
	}
	return false;
}

static void end_line(struct session *session, struct stream *stream)
{
	stream->line[stream->length] = '\0';
	if (is_repeated(session->options, stream->line))
		session->repeated = arena_text("%s%s\n", session->repeated, stream->line);
	if (session->options->timeline_when &&
		strstr(stream->line, session->options->timeline_when))
		session->draws = !session->has_drawn;
	if (stream->whole_lines) {
		fwrite(stream->line, 1, stream->length, stdout);
		fputc('\n', stdout);
	}
	stream->length = 0;
}

/* Passes on what the stream has; returns false at its end. */
static bool pass_output(struct session *session, struct stream *stream)
{
	char bytes[4096];
	ssize_t count = read(stream->fd, bytes, sizeof(bytes));

	if (count <= 0)
		return false;
	if (!stream->whole_lines)
		fwrite(bytes, 1, (size_t)count, stdout);
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] == '\n' || stream->length == sizeof(stream->line) - 1)
			end_line(session, stream);
		if (bytes[i] != '\n' && bytes[i] != '\r')
			stream->line[stream->length++] = bytes[i];
	}
	fflush(stdout);
	return true;
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	return poll(&one, 1, timeout_ms) > 0;
}

/* The machine stands still: passes on what it said before that. */
static void drain(struct session *session)
{
	struct stream *streams[] = {&session->serial, &session->debugger};

	for (unsigned i = 0; i < 2; i++) {
		while (readable(streams[i]->fd, 0) && pass_output(session, streams[i]))
			;
		if (streams[i]->length > 0 && streams[i]->whole_lines)
			end_line(session, streams[i]);
	}
}

/* Passes keys on to the machine. */
static enum end pass_input(struct session *session)
{
	char bytes[1024];
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
	bool end = false;
	size_t kept;

	if (count <= 0) {
		session->input_open = false;
		return RUNNING;
	}
	kept = (size_t)count;
	if (session->options->raw_terminal)
		kept = terminal_filter(bytes, kept, &end);
	if (kept > 0 && write(session->qemu.input, bytes, kept) < 0)
		session->input_open = false;
	return end ? QUIT : RUNNING;
}

/* What QEMU has to tell. A reset by a guest's hand pauses the machine as well. */
static enum end take_events(struct session *session)
{
	enum end end = RUNNING;
	bool gone = false;
	json_t *event;

	while (end == RUNNING && (event = qmp_event(&session->qmp, &gone))) {
		const char *name = json_string_value(json_object_get(event, "event"));
		const char *reason = json_string_value(
			json_object_get(json_object_get(event, "data"), "reason"));

		if (name && strcmp(name, "SHUTDOWN") == 0)
			end = reason && strcmp(reason, "guest-shutdown") == 0 ? POWERED_OFF : RESET;
		json_decref(event);
	}
	return end == RUNNING && gone ? QEMU_GONE : end;
}

static enum end take_signal(struct session *session)
{
	struct signalfd_siginfo info;

	if (read(session->signals, &info, sizeof(info)) != sizeof(info))
		return RUNNING;
	return info.ssi_signo == SIGCHLD ? QEMU_GONE : SIGNALLED;
}

static int milliseconds_left(const struct session *session)
{
	double left;

	if (session->options->timeout <= 0)
		return -1;
	left = session->started + session->options->timeout - instance_now();
	return left > 0 ? (int)(left * 1000) + 1 : 0;
}

/* Waits for whatever comes next. */
static enum end step(struct session *session)
{
	enum { SERIAL, DEBUGGER, SIGNALS, MONITOR, INPUT, COUNT };
	struct pollfd fds[COUNT] = {
		[SERIAL] = {session->serial.fd, POLLIN, 0},
		[DEBUGGER] = {session->debugger.fd, POLLIN, 0},
		[SIGNALS] = {session->signals, POLLIN, 0},
		[MONITOR] = {session->qmp.fd, POLLIN, 0},
		[INPUT] = {session->input_open ? STDIN_FILENO : -1, POLLIN, 0},
	};
	int left = milliseconds_left(session);

	/* What waits here may have come long ago, if nobody took our output meanwhile. */
	if (left == 0) {
		enum end end = take_events(session);

		return end == RUNNING ? TIMED_OUT : end;
	}
	if (poll(fds, COUNT, left) < 0)
		return errno == EINTR ? RUNNING : QEMU_GONE;
	if (fds[SERIAL].revents && !pass_output(session, &session->serial))
		session->serial.fd = -1;
	if (fds[DEBUGGER].revents && !pass_output(session, &session->debugger))
		session->debugger.fd = -1;
	if (fds[MONITOR].revents) {
		enum end end = take_events(session);

		if (end != RUNNING)
			return end;
	}
	if (fds[SIGNALS].revents)
		return take_signal(session);
	return fds[INPUT].revents ? pass_input(session) : RUNNING;
}

/* Draws how the machine's last moments were scheduled, once. */
static void write_timeline(struct session *session, const struct records *records)
{
	const char *path = session->options->timeline_file;
	struct recording recording;

	if (path && !session->has_drawn && recording_take(&recording, records))
		timeline_write(path, &recording, &(struct timeline_options){0});
	session->has_drawn = true;
}

/*
 * The moment has come to draw. The machine runs on meanwhile; what it adds to its traces is newer
 * than all that is in them, and is taken for that by its stamps.
 */
static void draw_now(struct session *session)
{
	struct records records;

	if (records_read(&records, &session->qmp, &session->machine))
		write_timeline(session, &records);
	session->draws = false;
}

static void write_stats(const struct session *session, const struct stats *stats)
{
	const char *path = session->options->stats_file;
	json_t *object;

	if (!path)
		return;
	object = stats_json(stats);
	if (json_dump_file(object, path, JSON_INDENT(2)) != 0)
		message_error(message_file(path), "make room or mend the folder's permissions",
			"the counters cannot be written");
	json_decref(object);
}

/* Reads and prints what the hypervisor counted until `stopped`, in seconds of instance_now(). */
static void report(struct session *session, double stopped)
{
	struct records records;
	struct stats stats;

	if (!records_read(&records, &session->qmp, &session->machine) ||
		!stats_take(&stats, &records, stopped - session->started))
		return;
	write_stats(session, &stats);
	write_timeline(session, &records);
	printf("\n");
	stats_print(stdout, &stats, NULL);
	if (session->options->qemu.count)
		printf("which is not the guests' time: QEMU counted instructions\n");
	machine_print_sizes(&session->machine);
	fputs(session->repeated, stdout);
	fflush(stdout);
}

static int status_of(enum end end)
{
	static const struct {
		int status;
		const char *words;
	} ends[] = {
		[POWERED_OFF] = {0, NULL},
		[RESET] = {1, "the machine was reset"},
		[QEMU_GONE] = {1, "QEMU ended by itself"},
		[TIMED_OUT] = {STATUS_TIMEOUT, "time-out"},
		[SIGNALLED] = {STATUS_SIGNAL + SIGINT, "interrupted"},
		[QUIT] = {0, NULL},
	};

	if (ends[end].words)
		fprintf(stderr, "orlop run: %s\n", ends[end].words);
	return ends[end].status;
}

/*
 * The machine was started stopped, so that none of its events is over before somebody listens. A
 * debugger lets it run itself.
 */
static bool let_run(struct session *session)
{
	return session->options->qemu.debug || qmp_command(&session->qmp, "cont", NULL);
}

static int watch(struct session *session)
{
	enum end end = RUNNING;
	double stopped;

	while (end == RUNNING) {
		end = step(session);
		if (end == RUNNING && session->draws) {
			draw_now(session);
			end = take_events(session); /* they may have come before its answers */
		}
	}
	stopped = instance_now();
	if (end != QEMU_GONE) {
		if (end == POWERED_OFF || end == RESET ||
			qmp_command(&session->qmp, "stop", NULL)) {
			drain(session);
			report(session, stopped);
		}
		qmp_command(&session->qmp, "quit", NULL);
	} else {
		drain(session);
	}
	qmp_close(&session->qmp);
	return status_of(end);
}

/* Signals come as things to read, so that the loop waits in one place. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Ends QEMU if it has not ended, and collects it. */
static void reap(pid_t pid)
{
	for (unsigned i = 0; i < 200; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int run(struct session *session, const char *name)
{
	const char *control = instance_path(name, ".control"),
		   *public = instance_path(name, ".qmp");
	struct instance instance = {name, getpid(), public, session->machine.path, 0};
	int status = 1;

	if (!control || !public)
		return 1;
	session->signals = open_signals();
	if (!qemu_start(
		    &session->qemu, &session->machine, &session->options->qemu, control, public))
		return 1;
	session->started = instance.started = instance_now();
	session->serial.fd = session->qemu.output;
	session->debugger = (struct stream){.fd = session->qemu.debugger, .whole_lines = true};
	if (session->options->raw_terminal) {
		printf("Ctrl-] moves the keys to the next VM, Ctrl-A x ends.\n");
		terminal_make_raw();
	}
	if (!qmp_open(&session->qmp, control, QMP_TIMEOUT_MS))
		message_error(message_file(session->machine.qemu.binary),
			"see what it says above, and its arguments",
			"it does not start, or its monitor does not answer");
	else if (instance_write(&instance) && let_run(session))
		status = watch(session);
	if (status == 1)
		kill(session->qemu.pid, SIGKILL);
	reap(session->qemu.pid);
	instance_remove(name);
	unlink(control);
	unlink(public);
	return status;
}

/* For a description: plans it and writes its image. Returns the image's path, NULL after messages.
 */
static const char *build(const struct options *options)
{
	const struct system *system = planner_load(options->file, NULL, NULL);
	struct image *image = arena_alloc(1, sizeof(*image));
	const char *path;

	if (!system)
		return NULL;
	path = arena_text("build/%s", system->name);
	return image_build(image, system, options->hyp) && image_write(image, path) ? path : NULL;
}

static bool is_description(const char *path)
{
	const char *suffix = strrchr(path, '.');

	return suffix && (strcmp(suffix, ".yaml") == 0 || strcmp(suffix, ".yml") == 0);
}

static int usage(void)
{
	fprintf(stderr, "usage: orlop run [options] FILE.yaml|IMAGE [-- arguments of QEMU]\n"
			"  Builds FILE.yaml, or takes an image of orlop build, and runs it on "
			"QEMU. Ends when\n"
			"  every VM is halted, with a table of what the hypervisor had to do.\n"
			"  --name NAME       name for orlop stats (default: the system's)\n"
			"  --hyp FILE        the hypervisor (default: build/ARCH/hyp.elf)\n"
			"  --cpu CPU         QEMU's CPU instead of the board's\n"
			"  --img             boot the raw image instead of the ELF file\n"
			"  --icount          deterministic: one instruction takes one nanosecond\n"
			"  --gdb             wait for a debugger on TCP port 1234\n"
			"  --timeout SECONDS stop then, with status 3\n"
			"  --raw             hand on every key at once; Ctrl-A x ends\n"
			"  --repeat TEXT     show lines that contain TEXT again at the end; "
			"several times\n"
			"                    for several texts\n"
			"  --stats FILE      write the counters as JSON too\n"
			"  --timeline FILE   draw the schedule of the end, as SVG\n"
			"  --timeline-when TEXT  or of the moment when TEXT is first printed\n");
	return 2;
}

/* Seconds above 0; 0 if text is something else. */
static double parse_seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' && value > 0 && value <= TIMEOUT_MAX_S ? value : 0;
}

/* Where an option that is a text goes; NULL: it is of another kind. */
static const char **text_of(struct options *options, int option)
{
	switch (option) {
	case 'n':
		return &options->name;
	case 'h':
		return &options->hyp;
	case 'c':
		return &options->qemu.cpu;
	case 's':
		return &options->stats_file;
	case 'l':
		return &options->timeline_file;
	case 'w':
		return &options->timeline_when;
	default:
		return NULL;
	}
}

static bool take_option(struct options *options, int option)
{
	const char **text = text_of(options, option);

	if (text) {
		*text = optarg;
		return true;
	}
	switch (option) {
	case 'p':
		if (options->repeat_count == REPEATS_MOST)
			return false;
		options->repeats[options->repeat_count++] = optarg;
		return true;
	case 'b':
		return options->qemu.raw_image = true;
	case 'i':
		return options->qemu.count = true;
	case 'g':
		return options->qemu.debug = true;
	case 'r':
		return options->raw_terminal = true;
	case 't':
		options->timeout = parse_seconds(optarg);
		return options->timeout > 0;
	default:
		return false;
	}
}

static bool parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {{"name", required_argument, NULL, 'n'},
		{"hyp", required_argument, NULL, 'h'}, {"cpu", required_argument, NULL, 'c'},
		{"img", no_argument, NULL, 'b'}, {"icount", no_argument, NULL, 'i'},
		{"gdb", no_argument, NULL, 'g'}, {"timeout", required_argument, NULL, 't'},
		{"raw", no_argument, NULL, 'r'}, {"repeat", required_argument, NULL, 'p'},
		{"stats", required_argument, NULL, 's'}, {"timeline", required_argument, NULL, 'l'},
		{"timeline-when", required_argument, NULL, 'w'}, {0}};
	bool good = true;
	int option;

	*options = (struct options){0};
	optind = 1;
	while (good && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
		good = take_option(options, option);
	options->file = argv[optind];
	options->qemu.arguments = options->file ? argv + optind + 1 : NULL;
	return good && options->file;
}

/* A name becomes part of a path and of QEMU's options. */
static bool name_is_good(const char *name)
{
	return name[0] != '\0' && strlen(name) < 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		       strlen(name);
}

int run_command(int argc, char **argv)
{
	struct options options;
	struct session session = {.options = &options, .input_open = true, .repeated = ""};
	const char *path, *name;

	if (!parse(&options, argc, argv))
		return usage();
	path = is_description(options.file) ? build(&options) : options.file;
	if (!path || !machine_read(&session.machine, path))
		return 1;
	name = options.name ? options.name : session.machine.name;
	if (!name_is_good(name)) {
		message_error((struct place){0}, "name it with --name, of letters, digits, - and _",
			"'%s' cannot name a running machine", name);
		return 1;
	}
	if (!session.machine.qemu.binary) {
		message_error(message_file(path), "load the image on the board itself",
			"its board is none that QEMU emulates");
		return 1;
	}
	return run(&session, name);
}

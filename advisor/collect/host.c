/* Which host this is: names, uptime, memory, open files, network namespace. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "number.h"
#include "text.h"

#include "root.h"
#include "sources.h"

/* "16384" up to the next of STOP, which must come; anything else leaves *RET_READING unknown. */
static bool take_number(const char *text, const char *stop, struct reading *ret_reading)
{
	size_t length = strcspn(text, stop);

	ret_reading->known = text[length] && parse_u64_span(text, length, &ret_reading->value);
	return ret_reading->known;
}

/* "38151.32 75812.00": the fraction is dropped. */
bool uptime_parse(const char *text, struct reading *ret_seconds)
{
	return take_number(text, ".", ret_seconds);
}

bool meminfo_parse(const char *text, struct reading *ret_bytes)
{
	static const char word[] = "MemTotal:";
	const char *at = strstr(text, word);

	if (!at)
		return false;
	at += strlen(word);
	at += strspn(at, " ");
	if (!take_number(at, " ", ret_bytes) || strncmp(strchr(at, ' '), " kB\n", 4) != 0 ||
	    __builtin_mul_overflow(ret_bytes->value, 1024, &ret_bytes->value)) {
		*ret_bytes = (struct reading){ 0 };
		return false;
	}
	return true;
}

/* "593 0 2466177" with tabs: open, free (always 0 since 2.6), limit. */
bool file_nr_parse(const char *text, struct reading *ret_open, struct reading *ret_max)
{
	const char *unused = strchr(text, '\t');
	const char *limit = unused ? strchr(unused + 1, '\t') : NULL;

	*ret_open = *ret_max = (struct reading){ 0 };
	return limit && take_number(text, "\t", ret_open) && take_number(limit + 1, "\n", ret_max);
}

/* A line of text into a field of the model; what does not fit is cut. */
static int read_name(const struct root *root, struct model *model, const char *file,
		     const char *cost, char *ret_name, size_t size, struct err *err)
{
	CLEANUP(freep) char *text = NULL;
	int r = source_read(root, model, file, cost, false, &text, err);

	if (r < 0 || !text)
		return r;
	(void)snprintf(ret_name, size, "%s", text_trim(text));
	text_neutralise(ret_name);
	return 0;
}

static int read_names(const struct root *root, struct model *model, struct err *err)
{
	static const char cost[] = "this kernel's own defaults are unknown";
	static const char file[] = "/proc/sys/kernel/osrelease";
	struct host *host = &model->host;
	int r = read_name(root, model, "/proc/sys/kernel/hostname", "the host's name is unknown",
			  host->hostname, sizeof(host->hostname), err);

	if (r == 0)
		r = read_name(root, model, file, cost, host->kernel_release,
			      sizeof(host->kernel_release), err);
	if (r == 0 && host->kernel_release[0] &&
	    !kernel_version_parse(host->kernel_release, &host->kernel))
		r = source_gap(model, file, "not a kernel release", cost, err);
	return r;
}

static bool parse_uptime(const char *text, struct host *host)
{
	return uptime_parse(text, &host->uptime_s);
}

static bool parse_meminfo(const char *text, struct host *host)
{
	return meminfo_parse(text, &host->memory_bytes);
}

static bool parse_file_nr(const char *text, struct host *host)
{
	return file_nr_parse(text, &host->file_nr, &host->file_max);
}

static int read_numbers(const struct root *root, struct model *model, struct err *err)
{
	static const struct {
		const char *file;
		bool (*parse)(const char *text, struct host *host);
		const char *cost;
	} files[] = {
		{ "/proc/uptime", parse_uptime, "rates since boot are unknown" },
		{ "/proc/meminfo", parse_meminfo, "the host's memory is unknown" },
		{ "/proc/sys/fs/file-nr", parse_file_nr,
		  "how near the host is to its limit of open files is unknown" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP(freep) char *text = NULL;
		int r = source_read(root, model, files[i].file, files[i].cost, false, &text, err);

		if (r == 0 && text && !files[i].parse(text, &model->host))
			r = source_gap(model, files[i].file, "cut or garbage", files[i].cost, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What only the running kernel tells; a saved tree does not hold it. */
static void ask_this_host(const struct root *root, struct host *host)
{
	long page_size = sysconf(_SC_PAGESIZE);
	struct stat st;

	if (page_size > 0)
		host->page_size_bytes = reading_of((uint64_t)page_size);
	if (fstatat(root->fd, "proc/self/ns/net", &st, 0) == 0)
		host->netns = reading_of(st.st_ino);
	host->younger_netns = !root_in_first_netns(root);
}

int host_collect(const struct root *root, struct model *model, struct err *err)
{
	int r = read_names(root, model, err);

	if (root->live)
		ask_this_host(root, &model->host);
	return r < 0 ? r : read_numbers(root, model, err);
}

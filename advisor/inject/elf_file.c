/* What an ELF file says of itself, by libelf. Whether that is good or bad is judged elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "cleanup.h"
#include "err.h"

#include "elf_file.h"

static void elf_endp(Elf **elf)
{
	(void)elf_end(*elf);
}

bool names_have(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->names[i], name) == 0)
			return true;
	return false;
}

bool names_add(struct names *names, const char *name)
{
	char *copy;

	if (!ARRAY_GROW(names->names, names->capacity, names->n))
		return false;
	copy = strdup(name);
	if (copy)
		names->names[names->n++] = copy;
	return copy != NULL;
}

void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct names){ 0 };
}

void elf_file_done(struct elf_file *elf)
{
	free(elf->interpreter);
	free(elf->soname);
	free(elf->rpath);
	free(elf->runpath);
	names_done(&elf->needed);
	names_done(&elf->versions_needed);
	names_done(&elf->versions_defined);
	*elf = (struct elf_file){ 0 };
}

/* Each of these may be missing: NULL is then fine. False: memory ran out. */
static bool keep(char **text, const char *value)
{
	if (!value || *text)
		return true;
	*text = strdup(value);
	return *text != NULL;
}

/* Its length is given as 3 or 4. */
static bool is_go(const Elf_Data *data, size_t name, size_t length)
{
	return length >= sizeof("Go") &&
	       memcmp((const char *)data->d_buf + name, "Go", sizeof("Go")) == 0;
}

/* Sections can be stripped off; the notes are then still in their segment. */
static bool has_go_note(Elf *elf, const GElf_Phdr *segment)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz,
					      ELF_T_NHDR);
	size_t at = 0, name, description;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name, &description)) > 0)
		if (is_go(data, name, note.n_namesz))
			return true;
	return false;
}

static bool read_interpreter(Elf *elf, const GElf_Phdr *segment, struct elf_file *ret)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz,
					      ELF_T_BYTE);

	if (!data || data->d_size == 0 || ((char *)data->d_buf)[data->d_size - 1])
		return true;
	return keep(&ret->interpreter, data->d_buf);
}

static bool read_segments(Elf *elf, struct elf_file *ret)
{
	size_t n = 0;

	if (elf_getphdrnum(elf, &n) != 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment))
			continue;
		if (segment.p_type == PT_NOTE && has_go_note(elf, &segment))
			ret->go = true;
		if (segment.p_type == PT_INTERP && !read_interpreter(elf, &segment, ret))
			return false;
	}
	return true;
}

static unsigned int import_kind(const char *name)
{
	static const struct {
		const char *name;
		unsigned int kind;
	} imports[] = {
		{ "listen", IMPORTS_SOCKETS },   { "connect", IMPORTS_SOCKETS },
		{ "accept", IMPORTS_SOCKETS },   { "accept4", IMPORTS_SOCKETS },
		{ "bind", IMPORTS_SOCKETS },     { "setsockopt", IMPORTS_SOCKETS },
		{ "dlopen", IMPORTS_LOADER },    { "dlmopen", IMPORTS_LOADER },
		{ "dlsym", IMPORTS_LOADER },     { "dlvsym", IMPORTS_LOADER },
		{ "execl", IMPORTS_EXEC },       { "execle", IMPORTS_EXEC },
		{ "execlp", IMPORTS_EXEC },      { "execv", IMPORTS_EXEC },
		{ "execve", IMPORTS_EXEC },      { "execveat", IMPORTS_EXEC },
		{ "execvp", IMPORTS_EXEC },      { "execvpe", IMPORTS_EXEC },
		{ "fexecve", IMPORTS_EXEC },     { "popen", IMPORTS_EXEC },
		{ "posix_spawn", IMPORTS_EXEC }, { "posix_spawnp", IMPORTS_EXEC },
		{ "system", IMPORTS_EXEC },      { "wordexp", IMPORTS_EXEC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(imports); i++)
		if (strcmp(imports[i].name, name) == 0)
			return imports[i].kind;
	return 0;
}

static bool read_symbols(Elf *elf, const GElf_Shdr *section, Elf_Data *data, struct elf_file *ret)
{
	size_t n = section->sh_entsize ? section->sh_size / section->sh_entsize : 0;

	ret->dynamic = true;
	for (size_t i = 0; i < n; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx != SHN_UNDEF)
			continue;
		name = elf_strptr(elf, section->sh_link, symbol.st_name);
		if (name)
			ret->imports |= import_kind(name);
	}
	return true;
}

static bool read_dynamic(Elf *elf, const GElf_Shdr *section, Elf_Data *data, struct elf_file *ret)
{
	size_t n = section->sh_entsize ? section->sh_size / section->sh_entsize : 0;

	for (size_t i = 0; i < n; i++) {
		const char *text;
		bool ok = true;
		GElf_Dyn entry;

		if (!gelf_getdyn(data, (int)i, &entry) || entry.d_tag == DT_NULL)
			break;
		text = elf_strptr(elf, section->sh_link, entry.d_un.d_val);
		if (entry.d_tag == DT_NEEDED && text)
			ok = names_add(&ret->needed, text);
		else if (entry.d_tag == DT_SONAME)
			ok = keep(&ret->soname, text);
		else if (entry.d_tag == DT_RPATH)
			ok = keep(&ret->rpath, text);
		else if (entry.d_tag == DT_RUNPATH)
			ok = keep(&ret->runpath, text);
		if (!ok)
			return false;
	}
	return true;
}

/* A damaged list could lead back to where it was, or out of numbers: then out of the table. */
static int ahead(int at, uint32_t by)
{
	return by <= (uint32_t)(INT_MAX - at) ? at + (int)by : INT_MAX;
}

static bool read_needed_of_libc(Elf *elf, const GElf_Shdr *section, Elf_Data *data, int at,
				struct elf_file *ret)
{
	GElf_Vernaux version;

	while (gelf_getvernaux(data, at, &version)) {
		const char *name = elf_strptr(elf, section->sh_link, version.vna_name);

		if (name && !(version.vna_flags & VER_FLG_WEAK) &&
		    !names_add(&ret->versions_needed, name))
			return false;
		if (!version.vna_next)
			break;
		at = ahead(at, version.vna_next);
	}
	return true;
}

static bool read_versions_needed(Elf *elf, const GElf_Shdr *section, Elf_Data *data,
				 struct elf_file *ret)
{
	GElf_Verneed file;

	for (int at = 0; gelf_getverneed(data, at, &file); at = ahead(at, file.vn_next)) {
		const char *name = elf_strptr(elf, section->sh_link, file.vn_file);

		if (name && strcmp(name, "libc.so.6") == 0 &&
		    !read_needed_of_libc(elf, section, data, ahead(at, file.vn_aux), ret))
			return false;
		if (!file.vn_next)
			break;
	}
	return true;
}

static bool read_versions_defined(Elf *elf, const GElf_Shdr *section, Elf_Data *data,
				  struct elf_file *ret)
{
	GElf_Verdef version;

	for (int at = 0; gelf_getverdef(data, at, &version); at = ahead(at, version.vd_next)) {
		GElf_Verdaux text;
		const char *name = NULL;

		if (gelf_getverdaux(data, ahead(at, version.vd_aux), &text))
			name = elf_strptr(elf, section->sh_link, text.vda_name);
		if (name && !names_add(&ret->versions_defined, name))
			return false;
		if (!version.vd_next)
			break;
	}
	return true;
}

static bool is_go_section(const char *name)
{
	return strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".gopclntab") == 0 ||
	       strcmp(name, ".note.go.buildid") == 0;
}

static const struct {
	unsigned int type;
	bool (*read)(Elf *elf, const GElf_Shdr *section, Elf_Data *data, struct elf_file *ret);
} readers[] = {
	{ SHT_DYNSYM, read_symbols },
	{ SHT_DYNAMIC, read_dynamic },
	{ SHT_GNU_verneed, read_versions_needed },
	{ SHT_GNU_verdef, read_versions_defined },
};

static bool read_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_file *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		Elf_Data *data;

		if (readers[i].type != header->sh_type)
			continue;
		data = elf_getdata(section, NULL);
		return !data || readers[i].read(elf, header, data, ret);
	}
	return true;
}

static bool read_sections(Elf *elf, struct elf_file *ret)
{
	Elf_Scn *section = NULL;
	size_t names = 0;

	(void)elf_getshdrstrndx(elf, &names);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		ret->go = ret->go || (name && is_go_section(name));
		if (!read_section(elf, section, &header, ret))
			return false;
	}
	return true;
}

int elf_file_read(const char *file, struct elf_file *ret_elf, struct err *err)
{
	CLEANUP(closep) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP(elf_file_done) struct elf_file own = { 0 };
	CLEANUP(elf_endp) Elf *elf = NULL;
	GElf_Ehdr header;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", file, strerror(errno));
	if (elf_version(EV_CURRENT) != EV_NONE)
		elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return err_set(err, ENOEXEC, "%s is no ELF file, or a damaged one", file);
	own.class = header.e_ident[EI_CLASS];
	own.machine = header.e_machine;
	if (!read_segments(elf, &own) || !read_sections(elf, &own))
		return err_no_memory(err);
	*ret_elf = own;
	own = (struct elf_file){ 0 };
	return 0;
}

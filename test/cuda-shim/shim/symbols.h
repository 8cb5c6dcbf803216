/* Where variables that are local to threads lie, as the program's own table of symbols says. */
#pragma once
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cuda_shim {

struct Region {
  char *begin = nullptr, *end = nullptr;
};

/* What a file has of the variables that are local to this thread: all of them, and each, if it says. */
struct Locals {
  Region all;
  Region *variables = nullptr;
  size_t count = 0;
};

/* Asks a file on disk, whose sections nobody shall have taken away. */
inline void findVariables(Locals &locals, const char *name) {
  const int file = open(name, O_RDONLY);
  struct stat is;
  if (file < 0) return;
  const size_t bytes = fstat(file, &is) == 0 ? static_cast<size_t>(is.st_size) : 0;
  void *const mapped = bytes > 0 ? mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
  close(file);
  if (mapped == MAP_FAILED) return;
  const char *const data = static_cast<const char *>(mapped);
  const auto *const header = reinterpret_cast<const ElfW(Ehdr) *>(data);
  const auto *const sections = reinterpret_cast<const ElfW(Shdr) *>(data + header->e_shoff);
  for (unsigned s = 0; header->e_shoff > 0 && s < header->e_shnum; s++) {
    if (sections[s].sh_type != SHT_SYMTAB) continue;
    const size_t count = sections[s].sh_size / sizeof(ElfW(Sym));
    const auto *const symbols = reinterpret_cast<const ElfW(Sym) *>(data + sections[s].sh_offset);
    locals.variables = static_cast<Region *>(calloc(count, sizeof(Region)));
    for (size_t i = 0; locals.variables && i < count; i++) {
      if (ELF64_ST_TYPE(symbols[i].st_info) != STT_TLS || symbols[i].st_shndx == SHN_UNDEF) continue;
      char *const begin = locals.all.begin + symbols[i].st_value;
      locals.variables[locals.count++] = {begin, begin + symbols[i].st_size};
    }
    break;
  }
  munmap(mapped, bytes);
}

/* Of the file that has one at `own`. */
inline Locals localsAround(char *own) {
  struct Search {
    char *own;
    Locals locals;
  } search{own, {}};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *given) {
        Search &s = *static_cast<Search *>(given);
        char *const data = static_cast<char *>(info->dlpi_tls_data);
        for (int i = 0; data && i < info->dlpi_phnum; i++) {
          const auto &header = info->dlpi_phdr[i];
          if (header.p_type != PT_TLS || s.own < data || s.own >= data + header.p_memsz) continue;
          s.locals.all = {data, data + header.p_memsz};
          findVariables(s.locals, *info->dlpi_name ? info->dlpi_name : "/proc/self/exe");
          return 1;
        }
        return 0;
      },
      &search);
  return search.locals;
}

}  // namespace cuda_shim

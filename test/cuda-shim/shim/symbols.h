/* Where variables that are local to threads lie, as the program's own table of symbols says. */
#pragma once
#include <elf.h>
#include <link.h>
#include <stdio.h>

#include <vector>

namespace cuda_shim {

struct Region {
  char *begin = nullptr, *end = nullptr;
};

/* Those of the table of a file, whose block of such variables begins at `block`. */
inline std::vector<Region> variablesIn(const char *file, char *block) {
  std::vector<Region> found;
  FILE *in = fopen(file, "rb");
  if (!in) return found;
  const auto read = [in](auto &to, size_t offset) {
    const size_t bytes = to.size() * sizeof to[0];
    return fseek(in, static_cast<long>(offset), SEEK_SET) == 0 && fread(to.data(), 1, bytes, in) == bytes;
  };
  std::vector<ElfW(Ehdr)> header(1);
  if (read(header, 0) && header[0].e_shentsize == sizeof(ElfW(Shdr))) {
    std::vector<ElfW(Shdr)> sections(header[0].e_shnum);
    if (!read(sections, header[0].e_shoff)) sections.clear();
    for (const auto &section : sections) {
      if (section.sh_type != SHT_SYMTAB) continue;
      std::vector<ElfW(Sym)> symbols(section.sh_size / sizeof(ElfW(Sym)));
      if (!read(symbols, section.sh_offset)) continue;
      for (const auto &s : symbols)
        if (ELF64_ST_TYPE(s.st_info) == STT_TLS && s.st_shndx != SHN_UNDEF) {
          char *const begin = block + s.st_value;
          found.push_back({begin, begin + s.st_size});
        }
    }
  }
  fclose(in);
  return found;
}

/* What a file has of the variables that are local to this thread: of that which has one at `own`. */
struct Locals {
  Region all;
  std::vector<Region> variables;
};

inline Locals localsAround(char *own) {
  struct {
    char *own;
    Locals locals;
  } search{own, {}};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *given) {
        auto &[place, locals] = *static_cast<decltype(search) *>(given);
        char *const data = static_cast<char *>(info->dlpi_tls_data);
        for (int i = 0; data && i < info->dlpi_phnum; i++) {
          const auto &header = info->dlpi_phdr[i];
          if (header.p_type != PT_TLS || place < data || place >= data + header.p_memsz) continue;
          locals = {{data, data + header.p_memsz}, variablesIn(*info->dlpi_name ? info->dlpi_name : "/proc/self/exe", data)};
          return 1;
        }
        return 0;
      },
      &search);
  return search.locals;
}

}  // namespace cuda_shim

#include "store/format.h"

#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/text.h"

namespace mlops::store {
namespace {

const std::string& expected() {
  static const std::string k_text =
      "mlops store\n"
      "version: 1\n"
      "hash: sha256\n"
      "chunker: fastcdc-nc2 gear=sha256-byte minimum=16384 average=65536 maximum=262144\n"
      "compression: zstd level=3\n"
      "pack: 67108864\n";
  return k_text;
}

std::string version_of(const std::string& text) {
  const auto at = text.find("\nversion: ");
  if (at == std::string::npos) return {};
  const auto start = at + 10;
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

void write_format(const fs::path& store_directory) { replace_file(store_directory / "format", expected(), 0600); }

void check_format(const fs::path& store_directory) {
  const fs::path file = store_directory / "format";
  if (!is_there(file))
    throw state_error("there is no store in \"" + printable(store_directory.string()) + "\"", "mlops init makes one");
  const std::string text = read_file(file, 1 << 16);
  if (text == expected()) return;
  const std::string version = version_of(text);
  if (text.starts_with("mlops store\n") && !version.empty() && version != "1")
    throw state_error("the store is of format version " + printable(version) + ", this program knows version 1",
                      "use a newer mlops");
  throw state_error("\"" + printable(file.string()) + "\" is damaged",
                    "for format version 1 it holds exactly the text in share/doc/formats.md");
}

}  // namespace mlops::store

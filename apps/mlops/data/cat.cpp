#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/revision.h"
#include "data/whole.h"

namespace mlops {

namespace {

// Of REV:PATH.
std::string revision_in(const data::Repository& repository, const std::string& name) {
  const std::string before = name.substr(0, name.find(':'));
  return before.size() < name.size() && data::is_revision(repository, before) ? before : "";
}

}  // namespace

Run define_data_cat(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "PATH/inside, REV:PATH/inside, the id of a file or ID:PATH")->required();
  return [name](Context& context) {
    const auto repository = data::Repository::open();
    const auto located = data::locate(*repository, *name);
    if (located.mode == store::Mode::directory)
      throw input_error("\"" + printable(*name) + "\" is a directory",
                        "mlops data ls " + shell_path(*name) + " lists it");
    if (!data::has_whole_file(repository->store(), located.object.id))
      throw state_error("\"" + printable(*name) + "\" is not in the store",
                        data::pull_hint(located.path, revision_in(*repository, *name)));
    repository->store().read_file(located.object.id, [&](std::span<const std::byte> bytes) {
      context.out.raw({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    });
    return k_exit_done;
  };
}

}  // namespace mlops

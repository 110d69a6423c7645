#include "base/text.h"
#include "commands.h"
#include "data/revision.h"

namespace mlops {

Run define_data_cat(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("NAME", *name, "PATH/inside, REV:PATH/inside or the id of a file")->required();
  return [name](Context& context) {
    const auto repository = data::Repository::open();
    const auto located = data::locate(*repository, *name);
    if (located.mode == store::Mode::directory)
      throw input_error("\"" + printable(*name) + "\" is a directory", "mlops data ls " + printable(*name) + " lists it");
    repository->store().read_file(located.object.id, [&](std::span<const std::byte> bytes) {
      context.out.raw({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    });
    return k_exit_done;
  };
}

}  // namespace mlops

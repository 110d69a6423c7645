#include "base/text.h"
#include "commands.h"
#include "data/repository.h"

namespace mlops {
namespace fs = std::filesystem;

Run define_init(CLI::App& app) {
  auto directory = std::make_shared<std::string>(".");
  app.add_option("DIR", *directory, "the top of the work tree (default: here)");
  return [directory](Context& context) {
    std::error_code error;
    fs::create_directories(*directory, error);
    if (error) throw system_error("cannot make \"" + printable(*directory) + "\"", error.value());
    const bool made = data::Repository::init(*directory);
    const std::string state = (fs::canonical(*directory) / ".mlops").string();
    if (context.out.json()) context.out.value({{"repository", to_utf8(state)}, {"made", made}});
    if (!made) {
      context.out.line("there is a repository already: " + state);
      return k_exit_done;
    }
    context.out.line("mlops repository in " + state);
    context.out.note("next: mlops data add PATH    versions a file or directory");
    return k_exit_done;
  };
}

}  // namespace mlops

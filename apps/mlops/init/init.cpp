#include "base/text.h"
#include "commands.h"
#include "data/git_setup.h"
#include "data/repository.h"

namespace mlops {
namespace fs = std::filesystem;

namespace {

struct Options {
  std::string directory = ".";
  bool hooks = false;
};

void tell(Output& out, bool made, const std::string& state, const data::GitSetup& git,
          const std::vector<std::string>& hooks) {
  out.line((made ? "mlops repository in " : "there is a repository already: ") + state);
  if (git.changed) out.line("git merges pointers path by path now (.git/config, .gitattributes)");
  for (const auto& hook : hooks) out.line("git runs mlops in " + hook);
  if (!git.warning.empty()) out.warning(git.warning);
  if (made) out.note("next: mlops data add PATH    versions a file or directory");
}

}  // namespace

Run define_init(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("DIR", options->directory, "the top of the work tree (default: here)");
  app.add_flag("--hooks", options->hooks,
               "git hooks too: files follow the pointers, data is pushed before the commits");
  return [options](Context& context) {
    const std::string& directory = options->directory;
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) throw system_error("cannot make \"" + printable(directory) + "\"", error.value());
    const bool made = data::Repository::init(directory);
    const auto git = data::set_merge_driver(directory);
    const auto hooks = options->hooks ? data::set_hooks(directory) : std::vector<std::string>();
    const std::string state = (fs::canonical(directory) / ".mlops").string();
    if (context.out.json())
      context.out.value({{"repository", to_utf8(state)},
                         {"made", made},
                         {"git", git.git},
                         {"git_changed", git.changed},
                         {"hooks", hooks}});
    tell(context.out, made, state, git, hooks);
    return k_exit_done;
  };
}

}  // namespace mlops

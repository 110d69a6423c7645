#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "ci/systems.h"
#include "code/git.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/worktree.h"

namespace mlops {
namespace {

struct Options {
  std::string system, branch, output;
  bool force = false;
};

// A file outside of the work tree, where the caller says (a hook of a bare repository).
bool write_outside(const std::string& path, const std::string& text, bool force) {
  const auto folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder))
    throw input_error("there is no folder \"" + printable(folder.string()) + "\"");
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored))) {
    if (read_file(path, 1 << 20) == text) return false;
    if (!force) throw state_error("there is another " + printable(path) + " already", "--force replaces it");
  }
  replace_file(path, text, 0755);
  return true;
}

struct Written {
  bool changed = true;
  std::string saved;  // id of what was there
};

// The system's own file, through no link.
Written write_inside(data::Repository& repository, const fs::path& git_root, const std::string& path,
                     const std::string& text, bool force) {
  const data::Beneath root(git_root);
  Written out;
  if (const auto before = root.look(path) ? root.read(path) : std::nullopt) {
    if (*before == text) return {false, ""};
    if (!force)
      throw state_error("there is another " + path + " already",
                        "mlops ci init --force   stores it aside and writes it anew");
    const auto writer = repository.store().writer();
    out.saved = writer->put_file(std::as_bytes(std::span(*before))).id.hex();
    writer->commit();
  }
  if (const auto folder = data::split_path(path).first; !folder.empty()) (void)root.make_directory(folder);
  root.replace(path, text);
  return out;
}

}  // namespace

Run define_ci_init(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("SYSTEM", options->system, "github, gitlab, jenkins, or hook (of a bare git repository)")->required();
  app.add_option("--branch", options->branch, "the protected branch (the remote's default branch, else main)")
      ->type_name("NAME");
  app.add_option("-o,--output", options->output, "of a hook: the file (standard output)")->type_name("FILE");
  app.add_flag("--force", options->force, "replace a file that is there; its bytes are stored first");
  return [options](Context& context) {
    Output& out = context.out;
    const auto& system = ci::system_called(options->system);
    const bool hook = system.file.empty();
    if (!hook && !options->output.empty())
      throw usage_error("--output belongs to a hook: " + std::string(system.name) + " expects " +
                        std::string(system.file));
    const auto repository = open_repository(context);
    const std::string text = system.text(ci::settings_of(*repository, options->branch));
    if (hook && options->output.empty() && !out.json()) {
      out.raw(text);
      return k_exit_done;
    }
    Written written;
    const std::string file = hook ? options->output : std::string(system.file);
    if (hook && !file.empty()) {
      written.changed = write_outside(file, text, options->force);
    } else if (!hook) {
      const auto git = code::Git::discover(repository->root());
      written = write_inside(*repository, git ? git->work_tree() : repository->root(), file, text, options->force);
    }
    if (out.json()) {
      out.value({{"system", system.name},
                 {"file", file.empty() ? Json() : Json(to_utf8(file))},
                 {"written", !file.empty() && written.changed},
                 {"saved", written.saved.empty() ? Json() : Json(written.saved)},
                 {"text", text}});
      return k_exit_done;
    }
    if (!written.saved.empty())
      out.note("the old one is " + written.saved.substr(0, 12) + ": mlops data cat " + written.saved.substr(0, 12));
    out.line(printable(file) + (written.changed ? " written" : "  unchanged"));
    if (written.changed && !(hook && !options->output.empty())) out.note("next: " + std::string(system.next));
    return k_exit_done;
  };
}

}  // namespace mlops

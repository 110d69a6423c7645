#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/temporary.h"
#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/source_options.h"

namespace mlops {
namespace {

std::string quote(const fs::path& path) { return "\"" + printable(path.string()) + "\""; }

// A repository beside the destination for as long as the work lasts: what comes is hashed into its store, written out
// of it under its rules for names and links, and renamed into place whole.
class Workshop {
 public:
  explicit Workshop(const fs::path& parent) : folder_(made(parent)) {
    data::Repository::init(folder_.path());
    repository_ = data::Repository::open(folder_.path());
  }

  data::Repository& repository() { return *repository_; }

  void finish(const store::ObjectRef& object, const fs::path& destination, Output& out) {
    data::restore(*repository_, object, "out", {false, &out.progress(), interrupt_token()});
    const fs::path out_path = folder_.path() / "out";
    int failed = ::renameat2(AT_FDCWD, out_path.c_str(), AT_FDCWD, destination.c_str(), RENAME_NOREPLACE);
    if (failed != 0 && (errno == EINVAL || errno == ENOSYS) && !fs::exists(fs::symlink_status(destination)))
      failed = ::rename(out_path.c_str(), destination.c_str());
    if (failed != 0 && errno == EEXIST)
      throw state_error(quote(destination) + " is there already", "-o PATH names another place");
    if (failed != 0) throw system_error("cannot write " + quote(destination), errno);
    sync_directory(destination.parent_path());
  }

 private:
  // Its folders made, and rid of what killed calls left there.
  static const fs::path& made(const fs::path& parent) {
    std::error_code ignored;
    fs::create_directories(parent, ignored);
    const Fd fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (const auto& entry : fs::directory_iterator(parent, ignored))
      sweep_temporary(fd.get(), entry.path().filename().string());
    return parent;
  }

  TemporaryFolder folder_;
  std::unique_ptr<data::Repository> repository_;
};

int get(Context& context, const SourceOptions& options) {
  const auto origin = origin_of(options);
  const fs::path destination =
      fs::absolute(options.output.empty() ? exchange::name_of(origin) : options.output).lexically_normal();
  std::error_code ignored;
  if (!destination.has_filename() || fs::exists(fs::symlink_status(destination, ignored)))
    throw state_error(quote(destination) + " is there already", "-o PATH names another place");
  Workshop workshop(destination.parent_path());
  const auto imported =
      exchange::fetch_origin(workshop.repository(), origin, import_options(context.out, options.limit, options.sha256));
  workshop.finish(imported->object, destination, context.out);
  context.out.progress().finish();
  const auto& object = imported->object;
  Json json = to_json(object, origin);
  put_path(json, destination.string());
  if (context.out.json()) context.out.value(json);
  context.out.line(Text(shown_path(destination.filename().string(), object), Style::bold) +
                   Text(fmt::format("  {}, {}", shown_amount(context.out, object), object.id.brief())));
  return k_exit_done;
}

}  // namespace

Run define_data_get(CLI::App& app) {
  auto options = std::make_shared<SourceOptions>();
  add_source_options(app, *options);
  return [options](Context& context) { return get(context, *options); };
}

}  // namespace mlops

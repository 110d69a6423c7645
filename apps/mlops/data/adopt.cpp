#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/foreign/adopt.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> files;
};

std::vector<data::ForeignVersion> read(const data::Repository& repository, const std::string& typed) {
  const std::string path = repository.relative(typed);
  if (path.ends_with(".dvc")) return data::read_dvc(repository, path);
  if (data::is_lfs_pointer(repository.root() / path)) return {data::read_lfs(repository, path)};
  throw input_error("\"" + printable(typed) + "\" is neither a .dvc file nor a pointer of git-lfs", "mlops data add " + printable(typed) + "   versions files as they are");
}

}  // namespace

Run define_data_adopt(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("FILE", options->files, "a .dvc file, or a pointer file of git-lfs")->required();
  return [options](Context& context) {
    const auto repository = data::Repository::open();
    std::vector<data::ForeignVersion> versions;
    for (const auto& file : options->files)
      for (auto& version : read(*repository, file)) versions.push_back(std::move(version));
    const auto adopted = data::adopt(*repository, std::move(versions), &context.out.progress(), interrupt_token());
    context.out.progress().finish();
    Json list = Json::array();
    for (const auto& [from, object] : adopted) {
      Json json{{"id", object.id.hex()}, {"kind", to_text(object.kind)}, {"size", object.size}, {"files", object.files}, {"label", from.label}, {"from", to_utf8(from.named_in)}};
      put_path(json, from.path);
      list.push_back(json);
      context.out.line(Text(shown_path(from.path, object), Style::bold) + Text("  " + shown_amount(context.out, object) + " → " + object.id.brief() + "  (" + from.label + ")"));
    }
    if (context.out.json()) context.out.value(list);
    context.out.note("next: mlops data checkout   (what stands there as a pointer of git-lfs: git rm --cached it, and --force)");
    return k_exit_done;
  };
}

}  // namespace mlops

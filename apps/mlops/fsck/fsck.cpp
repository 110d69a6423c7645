#include <fmt/format.h>

#include "base/text.h"
#include "commands.h"
#include "data/verify.h"

namespace mlops {
namespace {

constexpr std::size_t k_shown = 100;  // files of one version; --json has all

Json damage_json(const store::Damage& damage) {
  Json objects = Json::array();
  for (const auto& [kind, id] : damage.objects) objects.push_back({{"kind", to_text(kind)}, {"id", id.hex()}});
  return {{"file", to_utf8(damage.file.string())}, {"problem", to_utf8(damage.problem)}, {"cache", damage.cache}, {"objects", objects}};
}

Json affected_json(const std::vector<data::Affected>& list) {
  Json json = Json::array();
  for (const auto& one : list)
    json.push_back({{"named_by", to_utf8(one.named_by)}, {"version", one.version.hex()}, {"path", to_utf8(one.path)}, {"problem", to_utf8(one.problem)}});
  return json;
}

// Answers, not notes: -q does not hide damage.
void show(Output& out, const data::Verification& found) {
  for (const auto& damage : found.damage) {
    const Text sign = damage.cache ? Text("~ ", Style::warn) : Text("! ", Style::bad);
    std::string text = damage.file.string() + "  " + damage.problem;
    if (!damage.objects.empty()) text += fmt::format(" ({} objects)", damage.objects.size());
    out.answer(sign + Text(text + (damage.cache ? "; mlops gc writes it anew" : "")));
  }
  std::size_t shown = 0;
  for (const auto& one : found.affected) {
    if (shown++ == k_shown) out.answer(fmt::format("  … and {} more; --json names all", found.affected.size() - k_shown));
    if (shown > k_shown) break;
    out.answer(Text("! ", Style::bad) + Text(one.path + "  " + one.problem + ", in version " + one.version.brief() + " of " + one.named_by));
  }
  for (const auto& one : found.absent) out.note(one.path + "  " + one.version.brief() + " is not in the store (mlops pull)");
}

}  // namespace

Run define_fsck(CLI::App& app) {
  auto rebuild = std::make_shared<bool>(false);
  app.add_flag("--rebuild", *rebuild, "also build meta.db anew from the sealed records");
  return [rebuild](Context& context) {
    const auto repository = data::Repository::open();
    if (*rebuild) repository->database().rebuild();
    const auto found = data::verify(*repository, context.out.progress(), interrupt_token());
    context.out.progress().finish();
    if (context.out.json()) {
      Json damage = Json::array();
      for (const auto& one : found.damage) damage.push_back(damage_json(one));
      context.out.value({{"whole", found.whole()}, {"versions", found.versions}, {"damage", damage},
                         {"affected", affected_json(found.affected)}, {"elsewhere", found.elsewhere}, {"absent", affected_json(found.absent)}});
    } else {
      show(context.out, found);
    }
    if (!found.whole()) return k_exit_no;
    if (found.elsewhere > 0) context.out.note(fmt::format("{} files and directories are on a remote and not here (mlops pull)", found.elsewhere));
    context.out.line(fmt::format("nothing is damaged ({} versions)", found.versions));
    return k_exit_done;
  };
}

}  // namespace mlops

#include <fmt/format.h>

#include <algorithm>

#include "base/shell_word.h"
#include "base/text.h"
#include "commands.h"
#include "data/heal.h"
#include "exchange/repair.h"

namespace mlops {
namespace {

constexpr std::size_t k_shown = 100;  // files of one version; --json has all

Json damage_json(const store::Damage& damage) {
  Json objects = Json::array();
  for (const auto& [kind, id] : damage.objects) objects.push_back({{"kind", to_text(kind)}, {"id", id.hex()}});
  return {{"file", to_utf8(damage.file.string())},
          {"problem", to_utf8(damage.problem)},
          {"cache", damage.cache},
          {"objects", objects}};
}

Json affected_json(const std::vector<data::Affected>& list) {
  Json json = Json::array();
  for (const auto& one : list)
    json.push_back({{"named_by", to_utf8(one.named_by)},
                    {"version", one.version.hex()},
                    {"path", to_utf8(one.path)},
                    {"problem", to_utf8(one.problem)}});
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
    if (shown++ == k_shown)
      out.answer(fmt::format("  … and {} more; --json names all", found.affected.size() - k_shown));
    if (shown > k_shown) break;
    out.answer(Text("! ", Style::bad) +
               Text(one.path + "  " + one.problem + ", in version " + one.version.brief() + " of " + one.named_by));
  }
}

// Of what the files here are exactly, nothing need be pulled.
void note_absent(Context& context, data::Repository& repository, const data::Verification& found) {
  if (found.absent.empty()) return;
  const auto intact = data::intact_in_work_tree(repository, &context.out.progress(), interrupt_token());
  context.out.progress().finish();
  for (const auto& one : found.absent) {
    const bool here = std::any_of(intact.begin(), intact.end(), [&](const auto& version) {
      return version.path == one.path && version.version == one.version;
    });
    context.out.note(one.path + "  " + one.version.brief() + " is not in the store (" +
                     (here ? "mlops fsck --repair takes it from the files here" : "mlops pull") + ")");
  }
}

Json to_json(const data::Verification& found) {
  Json damage = Json::array();
  for (const auto& one : found.damage) damage.push_back(damage_json(one));
  return {{"whole", found.whole()},
          {"versions", found.versions},
          {"damage", damage},
          {"affected", affected_json(found.affected)},
          {"elsewhere", found.elsewhere},
          {"absent", affected_json(found.absent)}};
}

int answer(Context& context, data::Repository& repository, const data::Verification& found) {
  if (!context.out.json()) show(context.out, found);
  if (!context.out.json()) note_absent(context, repository, found);
  if (!found.whole()) return k_exit_no;
  if (found.elsewhere > 0)
    context.out.note(
        fmt::format("{} files and directories are on a remote and not here (mlops pull)", found.elsewhere));
  context.out.line(fmt::format("nothing is damaged ({} versions)", found.versions));
  return k_exit_done;
}

struct Options {
  bool rebuild = false, repair = false, deep = false;
  std::string remote;
};

int check_here(Context& context, data::Repository& repository) {
  const auto found = data::verify(repository, context.out.progress(), interrupt_token());
  context.out.progress().finish();
  if (context.out.json()) context.out.value(to_json(found));
  const int code = answer(context, repository, found);
  if (!found.whole()) context.out.note("next: mlops fsck --repair");
  return code;
}

// Without a name all remotes are asked, the default one first.
std::vector<exchange::NamedRemote> asked(const data::Repository& repository, const std::string& name) {
  if (!name.empty()) return {exchange::find_remote(repository, name)};
  auto all = exchange::remotes(repository);
  std::stable_partition(all.begin(), all.end(), [](const auto& one) { return one.is_default; });
  return all;
}

Json to_json(const exchange::NamedRemote& remote, const store::Inspection& found, bool deep) {
  Json damage = Json::array();
  for (const auto& one : found.damage) damage.push_back(damage_json(one));
  return {{"remote", remote.name},         {"url", remote.url},
          {"whole", found.damage.empty()}, {"deep", deep},
          {"packs", found.packs},          {"objects", found.objects},
          {"bytes", found.bytes},          {"unfinished", found.unfinished},
          {"condemned", found.condemned},  {"damage", damage}};
}

int answer(Output& out, const exchange::NamedRemote& remote, const store::Inspection& found, bool deep) {
  for (const auto& one : found.damage)
    if (!out.json())
      out.answer(Text("! ", Style::bad) +
                 Text(one.file.string() + "  " + one.problem +
                      (one.objects.empty() ? "" : fmt::format(" ({} objects)", one.objects.size()))));
  if (!found.damage.empty()) return k_exit_no;
  out.line(Text(remote.name, Style::bold) +
           Text(fmt::format("  nothing is damaged ({} packs, {} objects, {}{})", found.packs, found.objects,
                            show_size(found.bytes), deep ? "" : "; --deep reads every byte")));
  return k_exit_done;
}

int mend_there(Context& context, data::Repository& repository, const std::string& name) {
  Output& out = context.out;
  const auto remote = exchange::find_remote(repository, name);
  store::TransferOptions transfer;
  transfer.progress = &out.progress();
  transfer.stop = interrupt_token();
  const auto [found, mended] = exchange::mend(repository, remote, transfer);
  out.progress().finish();
  if (out.json()) {
    Json json = to_json(remote, found, true);
    json["mended"] = {{"packs", mended.packs}, {"objects", mended.objects}, {"bytes", mended.bytes}};
    out.value(json);
  } else if (mended.packs + mended.objects > 0) {
    out.line(Text(remote.name, Style::bold) +
             Text(fmt::format("  mended: {} damaged packs are out of the count, {} objects ({}) sent anew; mlops gc "
                              "--remote {} removes such packs",
                              mended.packs, mended.objects, show_size(mended.bytes), remote.name)));
  }
  const int code = answer(out, remote, found, true);
  if (code != k_exit_done)
    out.note("hint: what is left only a clone that has it can mend: mlops push there, or this command there");
  return code;
}

int repair_here(Context& context, data::Repository& repository, const Options& options) {
  Output& out = context.out;
  const auto remotes = asked(repository, options.remote);
  store::TransferOptions transfer;
  transfer.progress = &out.progress();
  transfer.stop = interrupt_token();
  const auto found = data::verify(repository, out.progress(), transfer.stop);
  if (!options.remote.empty() && found.whole() && found.lost.empty())
    return mend_there(context, repository, options.remote);
  const auto repaired = exchange::repair(repository, found, remotes, transfer);
  out.progress().finish();
  for (const auto& sentence : repaired.unreached) out.warning(sentence);
  const std::size_t lost = repaired.after.affected.size();
  if (out.json()) {
    Json json = to_json(repaired.after), aside = Json::array();
    for (const auto& file : repaired.salvaged.set_aside) aside.push_back(to_utf8(file.string()));
    Json own = Json::array();
    for (const auto& path : repaired.salvaged.own_files) own.push_back(to_utf8(path));
    json["repaired"] = {{"from_work_tree", repaired.healed},
                        {"objects", repaired.objects},
                        {"bytes", repaired.bytes},
                        {"salvaged", repaired.salvaged.objects},
                        {"packs_removed", repaired.salvaged.packs},
                        {"set_aside", aside},
                        {"own_files", own}};
    out.value(json);
  } else if (repaired.healed + repaired.objects + repaired.salvaged.packs + repaired.salvaged.set_aside.size() > 0) {
    out.line(
        fmt::format("repaired: {} objects out of the work tree, {} fetched ({}), {} moved out of damaged packs, {} "
                    "damaged packs removed",
                    repaired.healed, repaired.objects, show_size(repaired.bytes), repaired.salvaged.objects,
                    repaired.salvaged.packs));
    for (const auto& file : repaired.salvaged.set_aside)
      out.note(file.string() + "  has a damaged index, and was set aside");
  }
  for (const auto& path : repaired.salvaged.own_files)
    out.note(printable(path) +
             "  was changed through its link: a file of its own now, with the changes; mlops data add " +
             shell_path(path) + " keeps them");
  const auto fresh = data::Repository::open(repository.root());  // packs came and went
  const int code = answer(context, *fresh, repaired.after);
  if (lost > 0)
    out.note(fmt::format("{} files and directories could not be had: {}", lost,
                         remotes.empty() ? "the work tree has them no more, and there is no remote (mlops remote add)"
                                         : "neither the work tree nor a remote has them whole"));
  return code;
}

int check_remote(Context& context, const data::Repository& repository, const Options& options) {
  Output& out = context.out;
  const auto remote = exchange::find_remote(repository, options.remote);
  store::TransferOptions transfer;
  transfer.progress = &out.progress();
  transfer.stop = interrupt_token();
  const auto found = exchange::inspect(repository, remote, options.deep, transfer);
  out.progress().finish();
  if (out.json()) out.value(to_json(remote, found, options.deep));
  const int code = answer(out, remote, found, options.deep);
  if (code != k_exit_done)
    out.note("next: mlops fsck --repair --remote " + remote.name + "   in a clone that has what is damaged");
  return code;
}

}  // namespace

Run define_fsck(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--rebuild", options->rebuild, "also build meta.db anew from the sealed records");
  app.add_flag("--repair", options->repair,
               "take what is damaged or missing here from the work tree's files or a remote again");
  app.add_option("-r,--remote", options->remote,
                 "verify what lies there; with --repair: from this remote alone, and where nothing is damaged here, "
                 "mend what lies there")
      ->type_name("NAME");
  app.add_flag("--deep", options->deep, "of a remote: read every byte, not only indexes");
  return [options](Context& context) {
    if (options->deep && options->remote.empty())
      throw usage_error("--deep belongs to --remote", "mlops fsck --remote NAME --deep");
    const auto repository = data::Repository::open();
    if (options->rebuild) repository->database().rebuild();
    if (options->repair) return repair_here(context, *repository, *options);
    if (!options->remote.empty()) return check_remote(context, *repository, *options);
    return check_here(context, *repository);
  };
}

}  // namespace mlops

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "code/git.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/memory.h"
#include "data/revision.h"
#include "exchange/exchange.h"

namespace mlops {
namespace {

using Pointers = std::map<std::string, store::ObjectRef>;

bool is_zero(const std::string& hash) { return hash.find_first_not_of('0') == std::string::npos; }

// What a partial and sparse clone has not fetched was not checked out either.
Pointers versions_in(const data::Repository& repository, const std::string& revision) {
  if (is_zero(revision) || !data::is_revision(repository, revision)) return {};
  return data::fetched_pointers_of(repository, revision);
}

// Brings the files of versioned paths from one revision to the next. Never loses bytes: what is saved nowhere stays,
// and is named.
class Follow {
 public:
  Follow(data::Repository& repository, Output& out) : repository_(repository), out_(out) {}

  void run(const Pointers& before, const Pointers& after) {
    const data::Memory::Batch batch(repository_.memory());
    for (const auto& now : after) {
      const auto old = before.find(now.first);
      if (old == before.end() || old->second.id != now.second.id)
        attempt(now.first, [&] { restore(now.first, now.second); });
    }
    for (const auto& old : before)
      if (!after.contains(old.first)) attempt(old.first, [&] { clear(old.first, old.second); });
  }

  bool refused = false;

 private:
  void attempt(const std::string& path, const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      if (interrupt_signal() != 0) throw;
      refused = true;
      out_.progress().finish();
      out_.warning(path + " stays as it was: " + error.message());
      if (!error.hint().empty()) out_.note("hint: " + error.hint());
    }
  }

  void restore(const std::string& path, const store::ObjectRef& object) {
    const auto& store = repository_.store();
    if (object.kind == store::Kind::tree ? !store.has(store::Kind::tree, object.id) : !store.has_file(object.id))
      return out_.note(shown_path(path, object) + "  " + object.id.brief() + " is not in the store: mlops pull");
    const auto restored =
        data::restore(repository_, object, path, {false, &out_.progress(), interrupt_token(), {}, object});
    out_.progress().finish();
    note_restored(out_, path, restored);
    if (restored.written > 0 || restored.removed > 0)
      out_.note(fmt::format("{}  {} written, {} removed → {}", shown_path(path, object), restored.written,
                            restored.removed, object.id.brief()));
  }

  // What git itself has there now is not ours to remove.
  void clear(const std::string& path, const store::ObjectRef& object) {
    if (data::read_pointer(repository_, path) || in_git(path)) return;
    const auto restored = data::untrack(repository_, path, false, {false, &out_.progress(), interrupt_token()});
    out_.progress().finish();
    if (restored.removed > 0)
      out_.note(
          fmt::format("{}  removed ({} files): it is not versioned here", shown_path(path, object), restored.removed));
  }

  bool in_git(const std::string& path) {
    const auto git = code::Git::discover(repository_.root());
    const auto below = repository_.root().lexically_relative(git->work_tree());
    const std::string full = below == "." ? path : (below / path).string();
    bool found = false;
    git->for_each_file(
        "HEAD",
        [&](std::string_view one) { return found = found || one == full || one.starts_with(full + "/"), false; },
        [](const std::string&, const std::string&) {});
    return found;
  }

  data::Repository& repository_;
  Output& out_;
};

int follow(Context& context, data::Repository& repository, const Pointers& before) {
  Follow follow(repository, context.out);
  follow.run(before, versions_in(repository, "HEAD"));
  return follow.refused ? k_exit_no : k_exit_done;
}

// "OLD NEW", a line for each commit that a rebase wrote anew: where the first of them begin. Before them git checked
// those out, and the files followed.
std::vector<std::string> rebased_onto(const data::Repository& repository) {
  std::vector<std::string> fresh, out;
  std::string line;
  while (std::getline(std::cin, line))
    if (const auto words = split(line, ' '); words.size() >= 2) fresh.push_back(words[1]);
  const auto git = code::Git::discover(repository.root());
  for (const auto& commit : fresh) {
    const auto below = git ? git->commit(commit + "^") : std::nullopt;
    const bool first = below && std::find(fresh.begin(), fresh.end(), below->id) == fresh.end();
    if (first && std::find(out.begin(), out.end(), below->id) == out.end()) out.push_back(below->id);
  }
  return out;
}

// An amended commit has the pointers that are here.
int follow_rewrite(Context& context, data::Repository& repository, const std::vector<std::string>& arguments) {
  int code = k_exit_done;
  if (arguments.empty() || arguments[0] != "rebase") return code;
  for (const auto& commit : rebased_onto(repository))
    code = std::max(code, follow(context, repository, versions_in(repository, commit)));
  return code;
}

// "REF HASH REMOTE-REF REMOTE-HASH", a line for each ref that is pushed.
data::CommitRange pushed_commits() {
  data::CommitRange range;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto words = split(line, ' ');
    if (words.size() != 4) continue;
    if (!is_zero(words[1])) range.tips.push_back(words[1]);
    if (!is_zero(words[3])) range.known.push_back(words[3]);
  }
  return range;
}

int push(Context& context, data::Repository& repository) {
  exchange::PushOptions options;
  options.commits = pushed_commits();
  if (options.commits.tips.empty()) return k_exit_done;
  const auto all = exchange::remotes(repository);
  const auto remote = std::find_if(all.begin(), all.end(), [](const auto& one) { return one.is_default; });
  if (remote == all.end()) return context.out.note("no default remote: data and records are not pushed"), k_exit_done;
  if (!exchange::agreed(remote->url))
    return context.out.warning("data and records are not pushed: you have not agreed to " + remote->url +
                               " yet; mlops remote add " + remote->name + " " + remote->url),
           k_exit_done;
  if (remote->url.starts_with("http"))
    return context.out.note(remote->url + " can only be read: data and records are not pushed"), k_exit_done;
  options.transfer.stop = interrupt_token();
  options.transfer.progress = &context.out.progress();
  try {
    const auto report = exchange::push(repository, *remote, options);
    context.out.progress().finish();
    if (report.data.objects > 0 || report.records > 0)
      context.out.note(remote->name + "  " + show_size(report.data.bytes) + " pushed");
    if (report.absent.empty()) return k_exit_done;
    throw state_error(remote->name + " does not have " + report.absent.front() +
                          (report.absent.size() > 1 ? fmt::format(" (and {} more)", report.absent.size() - 1) : "") +
                          ", nor is it here",
                      "mlops pull --no-checkout -r NAME brings it here from a remote that has it");
  } catch (const Error& error) {
    throw Error(error.kind(), "data could not be pushed, so git does not push: " + error.message(),
                (error.hint().empty() ? "" : error.hint() + " · ") + "git push --no-verify   pushes the commits alone");
  }
}

int run(Context& context, const std::string& hook, const std::vector<std::string>& arguments) {
  const auto repository = find_repository(context);
  if (!repository) return k_exit_done;
  if (hook == "pre-push") return push(context, *repository);
  if (hook == "post-merge") return follow(context, *repository, versions_in(*repository, "ORIG_HEAD"));
  if (hook == "post-rewrite") return follow_rewrite(context, *repository, arguments);
  if (arguments.size() != 3)
    throw usage_error("post-checkout gets three words from git: two revisions and 1 or 0",
                      "mlops git hook -h shows them");
  return arguments[2] == "1" ? follow(context, *repository, versions_in(*repository, arguments[0])) : k_exit_done;
}

}  // namespace

Run define_git_hook(CLI::App& app) {
  auto hook = std::make_shared<std::string>();
  auto arguments = std::make_shared<std::vector<std::string>>();
  app.add_option("HOOK", *hook, "post-checkout, post-merge, pre-push or post-rewrite")
      ->required()
      ->check(CLI::IsMember({"post-checkout", "post-merge", "pre-push", "post-rewrite"}));
  app.add_option("ARGUMENT", *arguments, "what git gives the hook");
  return [hook, arguments](Context& context) { return run(context, *hook, *arguments); };
}

}  // namespace mlops

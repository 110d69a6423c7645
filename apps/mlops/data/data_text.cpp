#include "data/data_text.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "data/git_rules.h"
#include "data/links.h"

namespace mlops {
namespace {

std::string base64(std::string_view bytes) {
  static constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) word = word << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out.push_back(j <= have ? k_digits[word >> (18 - 6 * j) & 63] : '=');
  }
  return out;
}

Json entry_json(const std::optional<store::TreeEntry>& entry) {
  if (!entry) return nullptr;
  return {{"mode", mode_name(entry->mode)}, {"id", entry->id.hex()}, {"size", entry->size}};
}

std::string entry_size(const store::TreeEntry& entry) {
  return entry.mode == store::Mode::link        ? "link"
         : entry.mode == store::Mode::directory ? "empty directory"
                                                : show_size(entry.size);
}

std::string change_text(const data::Change& change) {
  if (change.kind == '>') return entry_size(*change.after) + ", was " + printable(change.from);
  if (!change.before) return entry_size(*change.after);
  if (!change.after) return entry_size(*change.before);
  if (change.before->id == change.after->id)
    return std::string(mode_name(change.before->mode)) + " → " + mode_name(change.after->mode);
  const auto before = entry_size(*change.before), after = entry_size(*change.after);
  return before == after ? after : before + " → " + after;
}

}  // namespace

store::Link link_policy(const data::Repository& repository, const std::string& word) {
  if (word.empty()) return data::configured_link(repository);
  const auto link = store::link_of(word);
  if (!link) throw usage_error("--link is \"" + printable(word) + "\"", "it is auto, copy, hardlink or symlink");
  return *link;
}

std::string shown_path(const std::string& path, const store::ObjectRef& object) {
  return object.kind == store::Kind::tree ? path + "/" : path;
}

std::string shown_amount(const Output& out, const store::ObjectRef& object) {
  if (object.kind != store::Kind::tree) return show_size(object.size);
  const std::string count = out.terminal() ? show_count(object.files) : std::to_string(object.files);
  return count + (object.files == 1 ? " file, " : " files, ") + show_size(object.size);
}

const char* mode_name(store::Mode mode) {
  switch (mode) {
    case store::Mode::file:
      return "file";
    case store::Mode::executable:
      return "executable";
    case store::Mode::link:
      return "link";
    case store::Mode::directory:
      return "directory";
  }
  return "file";
}

void put_path(Json& json, const std::string& path) {
  json["path"] = to_utf8(path);
  if (!is_utf8(path)) json["path_base64"] = base64(path);
}

Json to_json(const data::Change& change) {
  Json json{{"change", change.kind == '+'   ? "added"
                       : change.kind == '-' ? "removed"
                       : change.kind == '>' ? "renamed"
                                            : "changed"},
            {"before", entry_json(change.before)},
            {"after", entry_json(change.after)}};
  if (change.kind == '>') json["from"] = to_utf8(change.from);
  put_path(json, change.path);
  return json;
}

void note_nothing_versioned(Output& out) {
  out.note("nothing is versioned here yet");
  out.note("next: mlops data add PATH");
}

void warn_open_to_git(Output& out, const data::Repository& repository, const std::vector<std::string>& paths) {
  const auto open = data::open_to_git(repository, paths);
  if (open.empty()) return;
  const std::string more = open.size() > 1 ? " (and " + std::to_string(open.size() - 1) + " more)" : "";
  out.warning("git add would take " + printable(open.front()) + more +
              " itself: the line of .gitignore is gone, by dvc remove or an edit");
  out.note("next: mlops data checkout" + (open.size() > 10 ? "" : " " + shell_paths(open)) + "    puts it back");
}

std::string count_files(std::uint64_t files) { return show_count(files) + (files == 1 ? " file" : " files"); }

void note_stays(Output& out, const std::vector<std::string>& paths) {
  constexpr std::size_t k_named = 10;
  for (std::size_t i = 0; i < paths.size() && i < k_named; ++i)
    out.note(paths[i] + " stays: it is saved nowhere, and the version has no such file");
  if (paths.size() > k_named) out.note(fmt::format("{} more such files stay", paths.size() - k_named));
}

void note_restored(Output& out, const std::string& path, const data::Restored& restored) {
  note_stays(out, restored.stays);
  for (const auto& gone : restored.noted) out.note(gone + " could not be kept");
  if (restored.saved) note_kept(out, path, *restored.saved);
}

void note_kept(Output& out, const std::string& path, const store::ObjectRef& object) {
  out.note("what was there is kept as " + object.id.brief());
  out.note("next: mlops data checkout " + shell_path(path) + " " + object.id.brief() +
           "    brings it back, until gc's grace is over");
}

void end_with(Output& out, const std::map<std::string, Error>& broken) {
  if (broken.empty()) return;
  for (auto one = std::next(broken.begin()); one != broken.end(); ++one) out.warning(one->second.message());
  throw broken.begin()->second;
}

std::vector<Text> change_row(const data::Change& change) {
  const Style style = change.kind == '+' ? Style::good : change.kind == '-' ? Style::bad : Style::warn;
  return {Text(std::string(1, change.kind), style), change.path, Text(change_text(change), Style::dim)};
}

}  // namespace mlops

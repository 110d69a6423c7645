#include "help.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace mlops {
namespace {

struct Group {
  const char* title;
  std::vector<const char*> nouns;
};

const std::vector<Group>& groups() {
  static const std::vector<Group> k_groups{{"start", {"init", "status", "log", "show", "problem", "version"}},
                                           {"store", {"fsck", "gc", "lineage"}},
                                           {"share", {"remote", "push", "pull"}},
                                           {"data", {"data", "feature"}},
                                           {"train", {"pipeline", "train", "track"}},
                                           {"ship", {"register", "serve", "predict"}},
                                           {"watch", {"monitor", "schedule", "ci"}}};
  return k_groups;
}

std::vector<std::string> verbs(std::string_view noun) {
  std::vector<std::string> out;
  for (const auto& command : commands())
    if (command.name.starts_with(noun) && command.name.size() > noun.size() && command.name[noun.size()] == ' ')
      out.emplace_back(command.name.substr(noun.size() + 1));
  return out;
}

bool known(std::string_view noun) {
  return std::any_of(commands().begin(), commands().end(), [&](const Command& command) {
    return command.name == noun || (command.name.starts_with(noun) && command.name[noun.size()] == ' ');
  });
}

// The page without its section "## NAME"; that section's body, if wanted, in `body`.
std::string section(std::string_view text, std::string_view name) {
  const std::string heading = fmt::format("## {}\n", name);
  const auto start = text.find(heading);
  if (start == std::string_view::npos) return {};
  const auto body = text.substr(start + heading.size());
  return std::string(body.substr(0, body.find("\n## ")));
}

void add_section(std::string& out, std::string_view page_text, const char* name, const char* title) {
  const std::string body = section(page_text, name);
  if (!body.empty())
    out += fmt::format("\n{}\n{}\n", title, std::string_view(body).substr(0, body.find_last_not_of('\n') + 1));
}

std::string option_lines(const CLI::App& app) {
  std::string out;
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    std::string name = option->get_name(false, true);
    if (option->get_positional()) name = option->get_name(true);
    if (option->get_items_expected_max() > 0 && !option->get_positional()) name += " " + option->get_type_name();
    out += fmt::format("  {:<26}  {}\n", name, option->get_description());
  }
  return out;
}

}  // namespace

std::string overview() {
  std::string out = "mlops — versions code, data and models, and runs the loop around them\n\n";
  for (const auto& group : groups()) {
    std::string line;
    for (const char* noun : group.nouns) {
      if (!known(noun)) continue;
      const auto list = verbs(noun);
      line += std::string(line.empty() ? "" : "  ") + noun;
      if (!list.empty()) line += " (" + join(list, " ") + ")";
    }
    if (!line.empty()) out += fmt::format("  {:<7} {}\n", group.title, line);
  }
  return out + "\n`mlops help COMMAND` or `mlops COMMAND -h` for one of them.\n";
}

std::string noun_help(std::string_view noun) {
  std::string out = fmt::format("mlops {} VERB\n\n", noun);
  for (const auto& command : commands())
    if (command.name.starts_with(fmt::format("{} ", noun)))
      out += fmt::format("  {:<22}  {}\n", command.name, command.summary);
  return out + fmt::format("\n`mlops {} VERB -h` shows examples and options.\n", noun);
}

// "NAME", "[PATH…]".
std::string argument(const CLI::Option& option) {
  const std::string name = option.get_name(true) + (option.get_expected_max() > 1 ? "…" : "");
  return option.get_required() ? name : "[" + name + "]";
}

std::string command_help(const Command& command, const CLI::App& app) {
  const std::string_view text = page(command.name);
  std::string usage = fmt::format("mlops {}", command.name);
  for (const auto* option : app.get_options())
    if (option->get_positional()) usage += " " + argument(*option);
  std::string out = fmt::format("{} [OPTION…]\n\n{}\n", usage, trim(text.substr(0, text.find("\n## "))));
  add_section(out, text, "Examples", "EXAMPLES");
  out += "\nOPTIONS\n" + option_lines(app);
  add_section(out, text, "Notes", "NOTES");
  add_section(out, text, "See also", "SEE ALSO");
  out += "\nEXIT CODES\n  0 done · 1 the answer is no · 2 wrong usage · 3 bad input or state · 4 the outside failed\n";
  return out;
}

}  // namespace mlops

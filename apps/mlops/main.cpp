// Parse, run, map errors to exit codes — nothing else.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/sandbox.h"
#include "base/text.h"
#include "command.h"
#include "help.h"

namespace mlops {
namespace {

struct Globals {
  OutputOptions output;
  std::string repository;
  bool help = false;
};

void define_globals(CLI::App& app, Globals& globals) {
  app.add_flag("--json", globals.output.json, "print one JSON value");
  app.add_flag("-q,--quiet", globals.output.quiet, "say nothing but errors");
  app.add_flag("-v,--verbose", globals.output.verbose, "say more");
  app.add_flag("--no-color", globals.output.no_colour, "no colours (NO_COLOR does the same)");
  app.add_flag("--header", globals.output.header, "a header line also where a table is piped");
  app.add_option("--repo", globals.repository, "work in DIR, like git -C")->type_name("DIR");
}

// Global options may stand before the command: moves them behind it and returns the words of the command.
std::vector<std::string> words_first(std::vector<std::string> arguments, std::vector<std::string>& options) {
  std::size_t at = 0;
  while (at < arguments.size() && arguments[at].starts_with('-') && arguments[at] != "--") {
    const std::string option = arguments[at++];
    options.push_back(option);
    if (option == "--repo" && at < arguments.size()) options.push_back(arguments[at++]);
  }
  return {arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end()};
}

bool is_help(const std::string& word) { return word == "-h" || word == "--help"; }

const Command* find_command(std::vector<std::string>& words) {
  for (const auto& command : commands()) {
    const auto parts = split(command.name, ' ');
    if (words.size() < parts.size() || !std::equal(parts.begin(), parts.end(), words.begin())) continue;
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(parts.size()));
    return &command;
  }
  return nullptr;
}

bool is_noun(const std::string& word) {
  return std::any_of(commands().begin(), commands().end(),
                     [&](const Command& command) { return command.name.starts_with(word + " "); });
}

Error unknown_command(const std::vector<std::string>& words) {
  const bool noun = is_noun(words.front());
  const std::string asked = noun && words.size() > 1 ? words[0] + " " + words[1] : words.front();
  std::vector<std::string> names;
  for (const auto& command : commands()) {
    names.emplace_back(command.name);
    const auto first = split(command.name, ' ').front();
    if (!noun && first != command.name) names.push_back(first);
  }
  const std::string near = nearest(asked, names);
  const std::string hint =
      near.empty() ? (noun ? "mlops " + words.front() + " -h lists its verbs" : "mlops help lists the commands")
                   : "did you mean \"mlops " + near + "\"?";
  return usage_error("there is no command \"mlops " + asked + "\"", hint);
}

Error parse_failure(const CLI::ParseError& error, const Command& command) {
  std::string message = error.what();
  if (message.size() > 1 && std::islower(message[1]) != 0) message[0] = static_cast<char>(std::tolower(message[0]));
  std::replace(message.begin(), message.end(), '\n', ' ');
  return usage_error(message, fmt::format("mlops {} -h shows examples and options", command.name));
}

int show_help(std::vector<std::string> words) {
  words.erase(std::remove_if(words.begin(), words.end(), is_help), words.end());
  auto rest = words;
  if (const Command* command = words.empty() ? nullptr : find_command(rest)) {
    CLI::App app;
    Globals globals;
    app.set_help_flag();
    define_globals(app, globals);
    const Run unused = command->define(app);
    std::fputs(command_help(*command, app).c_str(), stdout);
    return k_exit_done;
  }
  if (!words.empty() && !is_noun(words.front())) throw unknown_command(words);
  std::fputs(words.empty() ? overview().c_str() : noun_help(words.front()).c_str(), stdout);
  return k_exit_done;
}

void enter(const std::string& repository) {
  if (!repository.empty() && ::chdir(repository.c_str()) != 0)
    throw system_error("cannot enter \"" + repository + "\"", errno);
}

// CLI11 reads the word "[a,b]" as two where there may be several; here it is a name like any other.
void keep_brackets(CLI::App& app, std::vector<std::string>& arguments) {
  constexpr char k_mark = '\x01';
  bool any = false;
  for (auto& word : arguments)
    if (word.starts_with('[') && word.ends_with(']')) any = true, word.insert(word.begin(), k_mark);
  if (!any) return;
  for (auto* option : app.get_options())
    if (option->get_items_expected_max() > 0)
      option->transform([](std::string word) { return word.starts_with(k_mark) ? word.substr(1) : word; }, "");
}

int run_command(const Command& command, std::vector<std::string> arguments, Globals& globals) {
  CLI::App app;
  app.set_help_flag();
  define_globals(app, globals);
  const Run run = command.define(app);
  keep_brackets(app, arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes a stack
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    throw parse_failure(error, command);
  }
  enter(globals.repository);
  Output out(globals.output);
  Context context{out};
  const int code = run(context);
  out.progress().finish();
  if (interrupt_signal() != 0 && code == k_exit_done && !context.ends_by_signal) return 128 + interrupt_signal();
  return code;
}

int run(const std::vector<std::string>& arguments, Globals& globals) {
  std::vector<std::string> options;
  std::vector<std::string> words = words_first(arguments, options);
  // For errors before the command's own parser has run.
  globals.output.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  if (words.empty()) {
    if (std::find(options.begin(), options.end(), "--version") != options.end())
      words = {"version"}, options.clear();
    else
      return show_help({});
  }
  if (words.front() == "help") return show_help({words.begin() + 1, words.end()});
  const auto end = std::find(words.begin(), words.end(), "--");
  if (std::any_of(words.begin(), end, is_help) || std::any_of(options.begin(), options.end(), is_help))
    return show_help({words.begin(), end});
  auto rest = words;
  const Command* command = find_command(rest);
  if (command == nullptr) {
    if (words.size() == 1 && is_noun(words.front())) {
      std::fputs(noun_help(words.front()).c_str(), stderr);
      return k_exit_usage;
    }
    throw unknown_command(words);
  }
  rest.insert(rest.begin(), options.begin(), options.end());
  return run_command(*command, rest, globals);
}

int guarded(const std::vector<std::string>& arguments) {
  Globals globals;
  try {
    return run(arguments, globals);
  } catch (const Error& error) {
    if (interrupt_signal() != 0) return 128 + interrupt_signal();
    Output(globals.output).error(error);
    return error.exit_code();
  } catch (const Unheard&) {
    return k_exit_done;  // as far as it is concerned: see heard()
  } catch (const std::bad_alloc&) {
    Output(globals.output).error(outside_error("there is not enough memory"));
    return k_exit_outside;
  } catch (const std::exception& error) {
    Output(globals.output)
        .error(
            state_error(std::string("a fault in mlops itself: ") + error.what(), "please report it, with the command"));
    return k_exit_input;
  }
}

// An answer that was cut is no success: of a full disk we say so; who closes a pipe early (head) knows.
int heard(int code) {
  const int failure = unheard_why();
  if (failure == 0 || code != k_exit_done) return code;
  if (failure == EPIPE) return 128 + SIGPIPE;
  Output({}).error(system_error("cannot write the answer", failure));
  return k_exit_outside;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace mlops

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);  // who ignores it leaves that to its children, which then can't wait for their own
  if (argc == 3 && std::strcmp(argv[1], "--helper") == 0) return mlops::run_sandbox_helper(argv[2]);
  mlops::raise_descriptor_limit();
  const int code = mlops::guarded({argv + 1, argv + argc});
  const int told = mlops::heard(code);
  // Threads of libraries (Arrow's, say) may still be at work: nothing that they use is taken apart under them.
  std::_Exit(told);
}

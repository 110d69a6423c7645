#include "show_schedule.h"

#include <ctime>

#include "base/text.h"
#include "base/time.h"

namespace mlops {

std::string triggers_text(const schedule::Definition& definition) {
  std::vector<std::string> out;
  for (const auto& trigger : definition.triggers) out.push_back(trigger.text());
  return join(out, ", ");
}

std::string command_text(const std::vector<std::string>& command) {
  std::vector<std::string> out;
  for (const auto& word : command)
    out.push_back(word.find_first_of(" \t\n'\"$\\") == std::string::npos && !word.empty() ? word : "'" + word + "'");
  return join(out, " ");
}

std::string command_text(const Json& command) {
  std::vector<std::string> words;
  for (const auto& word : command)
    if (word.is_string()) words.push_back(word.get<std::string>());
  return command_text(words);
}

Text status_text(const meta::Job& job) {
  if (job.state == "waiting" || job.state == "running") return {job.state, Style::dim};
  const std::string status = text_or(job.body, "status");
  if (status == "finished") return {status, Style::good};
  if (status == "failed") return {fmt::format("failed ({})", integer_or(job.body, "exit_code", -1)), Style::bad};
  return {status, status == "skipped" || status == "merged" || status == "removed" ? Style::dim : Style::bad};
}

Json definition_json(const schedule::Definition& definition) {
  Json out = schedule::to_json(definition);
  out.update({{"name", definition.name},
              {"added", to_utc(definition.added)},
              {"author", definition.author},
              {"record", definition.record.hex()}});
  return out;
}

Json job_json(const meta::Job& job) {
  Json out = job.body;
  const bool over = job.state != "waiting" && job.state != "running";
  out.update({{"id", job.id},
              {"schedule", job.schedule},
              {"cause", job.cause},
              {"created", to_utc(job.created)},
              {"status", over ? text_or(job.body, "status") : job.state}});
  return out;
}

std::string clock_text(Micros time) {
  const auto seconds = static_cast<std::time_t>(time / 1'000'000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), parts.tm_sec != 0 ? "%Y-%m-%d %H:%M:%S %z" : "%Y-%m-%d %H:%M %z", &parts);
  return text.data();
}

}  // namespace mlops

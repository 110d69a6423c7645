#include "store/remote/aws_profile.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace mlops::store {
namespace {

constexpr std::uint64_t k_file_limit = 1 << 20;

fs::path file_of(const char* variable, const char* beside_home) {
  const std::string named = environment_text({variable}), home = environment_text({"HOME"});
  const fs::path file = named.empty() ? fs::path(home.empty() ? "/" : home) / ".aws" / beside_home : fs::path(named);
  return file;
}

AwsSections read_sections(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return {};
  return parse_aws_file(read_file(file, k_file_limit), file.string());
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// "key = value ; comment" as the AWS tools read it: a comment begins after a blank.
std::string_view without_comment(std::string_view text) {
  for (const char* mark : {" #", " ;", "\t#", "\t;"})
    if (const auto at = text.find(mark); at != std::string_view::npos) text = text.substr(0, at);
  return trim(text);
}

}  // namespace

AwsSections parse_aws_file(std::string_view text, const std::string& name) {
  AwsSections out;
  std::string section;
  int number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (std::any_of(line.begin(), line.end(),
                    [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
      throw input_error("there are control characters in " + printable(name)).at(name, number);
    if (line.empty() || line.front() == '#' || line.front() == ';' || raw.front() == ' ' || raw.front() == '\t')
      continue;
    if (line.front() == '[') {
      section = std::string(trim(line.substr(1, line.find(']') == std::string_view::npos ? 0 : line.find(']') - 1)));
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || section.empty()) continue;
    out[section][lower(trim(line.substr(0, equals)))] = std::string(without_comment(line.substr(equals + 1)));
  }
  return out;
}

std::string environment_text(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

std::string AwsProfile::value(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second;
}

AwsProfile load_aws_profile() {
  AwsProfile out;
  const std::string asked = environment_text({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  out.name = asked.empty() ? "default" : asked;
  AwsSections config = read_sections(file_of("AWS_CONFIG_FILE", "config")),
              credentials = read_sections(file_of("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
  const std::string section =
      config.contains("profile " + out.name) || out.name != "default" ? "profile " + out.name : out.name;
  if (!asked.empty() && !config.contains(section) && !credentials.contains(out.name))
    throw input_error("there is no AWS profile \"" + printable(asked) + "\"",
                      "AWS_PROFILE names one of ~/.aws/config or ~/.aws/credentials");
  out.values = std::move(config[section]);
  for (auto& [key, value] : credentials[out.name]) out.values[key] = std::move(value);
  return out;
}

}  // namespace mlops::store

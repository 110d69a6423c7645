// The AWS tools' own configuration: environment variables, then a profile of ~/.aws/config and ~/.aws/credentials.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace mlops::store {

// section → key → value; keys in lower case. Lines that are no "[section]" and no "key = value" are passed over, as are
// values that are set on indented lines of their own. Throws Error(input), without quoting it, for text with control
// characters.
using AwsSections = std::map<std::string, std::map<std::string, std::string>>;
AwsSections parse_aws_file(std::string_view text, const std::string& name);

// What the user's environment and profile say; "" = nothing.
struct AwsProfile {
  std::string name;  // AWS_PROFILE, else "default"
  std::map<std::string, std::string> values;

  [[nodiscard]] std::string value(const std::string& key) const;
};

// Throws Error(input) where AWS_PROFILE names a profile that no file has. Files that are not there count as empty.
AwsProfile load_aws_profile();
// The first of these variables that is set and not empty, else "".
std::string environment_text(std::initializer_list<const char*> names);

}  // namespace mlops::store

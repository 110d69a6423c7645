// What commands that write a report share.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace mlops {

// How reports begin: only such a file, or an empty one, is replaced by a report.
inline constexpr std::string_view k_html_report = "<!doctype html>", k_xml_report = "<?xml ";

// Throws Error(input) where `path` can't be a report's: there is no such folder, or what lies there is no report that
// begins with `mark`, but somebody's table or schema. Asked before the work, so that nothing is computed in vain.
void check_report(const std::string& path, std::string_view mark);

// Draws the page of `result` and replaces `path` with it. Throws as check_report, and Error(outside) when that can't be
// written.
void write_report(const std::string& path, const Json& result);

}  // namespace mlops

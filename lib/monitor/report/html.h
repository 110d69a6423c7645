// Pieces of HTML. Every text from outside goes through escape(); markup is only what this code writes.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace mlops::monitor {

// Text as text: control and bidirectional characters made visible, & < > " ' as entities.
std::string escape(std::string_view text);

// A number for people: four significant digits, thousands apart ("12,345", "0.01234", "1.2e-07"); "—" for null.
std::string figure(double value);
std::string figure(const Json& value);
// Three decimals, so that values of tests line up: "0.928", "7e-17"; "—" for null.
std::string test_value(const Json& value);
std::string count(std::uint64_t value);
std::string percent(double share);  // "35.1 %", "0.04 %"

// <td class="n" data-value="0.5">0.500</td>
std::string cell(std::string_view html, std::string_view css = {}, std::string_view sort_value = {});
// <dt>…</dt><dd>…</dd>; `html` is markup already.
std::string fact(std::string_view name, std::string_view html);

struct Page {
  std::string title;  // plain text
  std::string body;   // markup
  const Json& data;
};
// The whole document: policy, style, body, data block, script.
std::string whole(const Page& page);

}  // namespace mlops::monitor

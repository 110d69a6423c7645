#include "monitor/report/html.h"

#include <cmath>

#include "base/hash.h"
#include "base/markup.h"
#include "base/text.h"
#include "monitor/report/asset.h"

namespace mlops::monitor {
namespace {

std::string base64(std::span<const std::uint8_t> bytes) {
  static constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? k_digits[three >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

// What the policy calls a style or script that may stand in the page.
std::string source_of(std::string_view text) { return "'sha256-" + base64(sha256(text).bytes) + "'"; }

// JSON that can't end its own block: only ASCII, and no < > &.
std::string data_block(const Json& data) {
  std::string out;
  for (const char c : data.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<' || c == '>' || c == '&')
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out;
}

std::string with_thousands(std::string digits) {
  const std::size_t start = digits.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(digits.find('.'), digits.size());
  for (std::size_t at = end; at > start + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

std::string escape(std::string_view text) { return markup_text(text); }

std::string figure(double value) {
  if (!std::isfinite(value)) return "—";
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e15)) return fmt::format("{:.3g}", value);
  if (size >= 1000 || value == std::floor(value)) return with_thousands(fmt::format("{:.0f}", value));
  const int decimals = size == 0 ? 0 : std::max(0, 3 - static_cast<int>(std::floor(std::log10(size))));
  return fmt::format("{:.{}f}", value, std::min(decimals, 6));
}

std::string figure(const Json& value) { return value.is_number() ? figure(value.get<double>()) : "—"; }

std::string test_value(const Json& value) {
  if (!value.is_number()) return "—";
  const double number = value;
  if (number != 0 && std::abs(number) < 0.0005) return fmt::format("{:.0e}", number);
  return std::abs(number) < 1000 ? fmt::format("{:.3f}", number) : figure(number);
}

std::string count(std::uint64_t value) { return show_count(value); }

std::string percent(double share) {
  const double value = 100 * share, size = std::abs(value);
  if (value == 0 || size >= 99.95) return fmt::format("{:.0f} %", value);
  if (size < 0.01) return fmt::format("{:.1g} %", value);
  return fmt::format("{:.{}f} %", value, size < 0.1 ? 2 : 1);
}

std::string cell(std::string_view html, std::string_view css, std::string_view sort_value) {
  std::string out = "<td";
  if (!css.empty()) out += fmt::format(" class=\"{}\"", css);
  if (sort_value.data() != nullptr) out += fmt::format(" data-value=\"{}\"", escape(sort_value));
  return out + ">" + std::string(html) + "</td>";
}

std::string fact(std::string_view name, std::string_view html) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape(name), html);
}

std::string whole(const Page& page) {
  const auto style = asset("report.css"), script = asset("report.js");
  const std::string policy =
      fmt::format("default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
                  source_of(style), source_of(script));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
      "content=\"no-referrer\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}\n"
      "<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n</body>\n</html>\n",
      policy, escape(page.title), style, page.body, data_block(page.data), script);
}

}  // namespace mlops::monitor

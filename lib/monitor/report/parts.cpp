#include "monitor/report/html.h"
#include "monitor/report/pages.h"

namespace mlops::monitor {

std::string top_bar(const std::string& what) {
  return "<div class=\"bar\"><span class=\"eyebrow\">" + escape(what) +
         "</span><button id=\"theme\" class=\"switch\" type=\"button\" hidden>Dark</button></div>\n";
}

std::string next_command(const std::string& words, const std::string& command) {
  return "<div class=\"next\"><span>" + escape(words) + "</span><div class=\"command\" id=\"command\">" +
         escape(command) + "</div><button type=\"button\" data-copy=\"command\" hidden>Copy</button></div>\n";
}

std::string anchor(std::size_t column) { return "c" + std::to_string(column + 1); }

}  // namespace mlops::monitor

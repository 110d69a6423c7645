#include "ci/row.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace mlops::ci {

std::string_view to_text(Answer answer) {
  return answer == Answer::pass ? "pass" : answer == Answer::fail ? "fail" : "note";
}

bool passed(const Rows& rows) {
  return std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.answer == Answer::fail; });
}

Json to_json(const Rows& rows) {
  Json list = Json::array();
  for (const auto& row : rows)
    list.push_back({{"kind", row.kind},
                    {"gate", to_utf8(row.gate)},
                    {"answer", to_text(row.answer)},
                    {"pass", row.answer != Answer::fail},
                    {"value", row.value && std::isfinite(*row.value) ? Json(*row.value) : Json()},
                    {"detail", to_utf8(row.detail)}});
  return list;
}

}  // namespace mlops::ci

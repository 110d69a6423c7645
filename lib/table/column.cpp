#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "table/column_maker.h"
#include "table/dictionary.h"
#include "table/table.h"

namespace mlops::table {
namespace {

void set_validity(ColumnMaker& maker, Validity valid, std::size_t rows, const std::string& name) {
  if (valid.empty()) return;
  if (valid.size() != rows)
    throw usage_error("column \"" + name + "\" has another number of values than of validity marks");
  const auto nulls = static_cast<std::size_t>(std::count(valid.begin(), valid.end(), 0));
  maker.validity(maker.keep(std::move(valid)), nulls);
}

struct Texts {
  std::vector<std::string> values;
  std::vector<std::uint32_t> codes;
  std::vector<std::string_view> dictionary;
};

}  // namespace

const char* to_text(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::real:
      return "real";
    case Kind::text:
      return "text";
    case Kind::time:
      return "time";
    case Kind::other:
      return "other";
  }
  return "other";
}

Column make_booleans(std::string name, std::vector<std::uint8_t> values, Validity valid) {
  ColumnMaker maker(name, Kind::boolean, {}, values.size());
  set_validity(maker, std::move(valid), values.size(), name);
  maker.booleans(maker.keep(std::move(values)));
  return maker.take();
}

Column make_integers(std::string name, std::vector<std::int64_t> values, Validity valid) {
  ColumnMaker maker(name, Kind::integer, {}, values.size());
  set_validity(maker, std::move(valid), values.size(), name);
  maker.integers(maker.keep(std::move(values)));
  return maker.take();
}

Column make_reals(std::string name, std::vector<double> values, Validity valid) {
  ColumnMaker maker(name, Kind::real, {}, values.size());
  set_validity(maker, std::move(valid), values.size(), name);
  maker.reals(maker.keep(std::move(values)));
  return maker.take();
}

Column make_times(std::string name, std::vector<std::int64_t> micros, Validity valid) {
  ColumnMaker maker(name, Kind::time, {}, micros.size());
  set_validity(maker, std::move(valid), micros.size(), name);
  maker.integers(maker.keep(std::move(micros)));
  return maker.take();
}

Column make_texts(std::string name, const std::vector<std::string>& values, Validity valid) {
  ColumnMaker maker(name, Kind::text, {}, values.size());
  auto texts = std::make_shared<Texts>();
  DictionaryEncoder encoder;
  texts->values = values;  // the encoder's views point into this copy
  for (std::size_t row = 0; row < values.size(); ++row) {
    const bool null = !valid.empty() && row < valid.size() && valid[row] == 0;
    texts->codes.push_back(null ? 0 : encoder.code(texts->values[row]));
  }
  texts->dictionary = encoder.take();
  if (texts->dictionary.empty()) texts->dictionary.emplace_back();
  set_validity(maker, std::move(valid), values.size(), name);
  maker.texts(texts->codes, texts->dictionary);
  maker.keep(std::shared_ptr<const void>(texts, texts.get()));
  return maker.take();
}

std::string Column::show(std::size_t row) const {
  if (!valid(row)) return {};
  switch (kind) {
    case Kind::boolean:
      return booleans_[row] != 0 ? "true" : "false";
    case Kind::integer:
      return std::to_string(integers_[row]);
    case Kind::real:
      return exact_ != nullptr ? exact_->text(row) : show_double(reals_[row]);
    case Kind::text:
      return std::string(text(row));
    case Kind::time:
      return to_utc(integers_[row]);
    case Kind::other:
      return {};
  }
  return {};
}

}  // namespace mlops::table

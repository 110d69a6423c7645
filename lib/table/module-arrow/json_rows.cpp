#include "json_rows.h"

#include <algorithm>
#include <unordered_map>

#include "base/json.h"
#include "base/text.h"
#include "table/column_maker.h"
#include "table/fit.h"
#include "text_batches.h"

namespace mlops::table {
namespace {

struct Values {
  std::string name;
  std::vector<const Json*> cells;  // null: the row has no such key
};

// Numbers as columns of numbers show them.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? show_double(value.get<double>())
                                 : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Numbers, booleans: of the value's own type. Texts: only texts.
bool is_of(const Json& value, Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return value.is_boolean();
    case Kind::integer:
      return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
    case Kind::real:
      return value.is_number();
    case Kind::time:
      return value.is_string() && fit_time(value.get_ref<const std::string&>());
    default:
      return value.is_string();
  }
}

bool is_nested(const Json& value) { return value.is_structured(); }

Kind narrowest(const Values& values) {
  const auto all = [&](auto&& fits) {
    return std::all_of(values.cells.begin(), values.cells.end(),
                       [&](const Json* cell) { return cell == nullptr || fits(*cell); });
  };
  for (const Kind kind : {Kind::boolean, Kind::integer, Kind::real, Kind::time, Kind::text})
    if (all([kind](const Json& cell) { return is_of(cell, kind); })) return kind;
  return all(is_nested) ? Kind::other : Kind::text;
}

template <typename T>
std::vector<T> gather(const Values& values, const Validity& valid, T (*get)(const Json&)) {
  std::vector<T> out(values.cells.size());
  for (std::size_t row = 0; row < out.size(); ++row)
    if (valid[row] != 0) out[row] = get(*values.cells[row]);
  return out;
}

Column make(const Values& values, Kind kind, Validity valid) {
  switch (kind) {
    case Kind::boolean:
      return make_booleans(
          values.name,
          gather<std::uint8_t>(values, valid, [](const Json& v) { return std::uint8_t(v.get<bool>() ? 1 : 0); }),
          valid);
    case Kind::integer:
      return make_integers(
          values.name, gather<std::int64_t>(values, valid, [](const Json& v) { return v.get<std::int64_t>(); }), valid);
    case Kind::real:
      return make_reals(values.name, gather<double>(values, valid, [](const Json& v) { return v.get<double>(); }),
                        valid);
    case Kind::time:
      return make_times(
          values.name,
          gather<std::int64_t>(values, valid, [](const Json& v) { return *fit_time(v.get<std::string>()); }), valid);
    case Kind::other: {
      ColumnMaker maker(values.name, Kind::other, "a list or struct", valid.size());
      const auto nulls = static_cast<std::size_t>(std::count(valid.begin(), valid.end(), 0));
      maker.validity(maker.keep(std::move(valid)), nulls);
      return maker.take();
    }
    default:
      return make_texts(values.name, gather<std::string>(values, valid, text_of), valid);
  }
}

// Python writes NaN and Infinity, and Arrow reads them: as null, and as near to it as JSON's numbers come.
std::string without_nan(std::string_view text) {
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_text = !in_text;
    if (!in_text && text.substr(i, 3) == "NaN") {
      out += "null";
      i += 2;
    } else if (!in_text && text.substr(i, 8) == "Infinity") {
      out += "1.7976931348623157e308";
      i += 7;
    } else {
      out += text[i];
      if (in_text && text[i] == '\\' && i + 1 < text.size()) out += text[++i];
    }
  }
  return out;
}

std::vector<Json> rows_of(const Block& block, const Reading& reading) {
  std::vector<Json> out;
  int line = block.first_line;
  for (const auto& text : split(block.text, '\n')) {
    const auto trimmed = trim(text);
    if (!trimmed.empty()) {
      Json row = Json::parse(trimmed, nullptr, false);
      if (row.is_discarded()) row = Json::parse(without_nan(trimmed), nullptr, false);
      if (!row.is_object())
        throw input_error(row.is_discarded() ? "is not JSON" : "is not a JSON object",
                          "JSON lines have one {…} a line: jq -c '.[]' turns a list into them")
            .at(reading.source.name(), line);
      out.push_back(std::move(row));
    }
    ++line;
  }
  return out;
}

std::vector<Values> columns_of(const std::vector<Json>& rows, const Reading& reading) {
  std::vector<Values> out;
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (const auto& [name, value] : rows[row].items()) {
      const auto [place, is_new] = places.try_emplace(name, out.size());
      if (is_new) {
        check_columns(out.size() + 1, reading);
        out.push_back({name, std::vector<const Json*>(rows.size())});
      }
      if (!value.is_null()) out[place->second].cells[row] = &value;
    }
  return out;
}

}  // namespace

Batch json_rows(const Block& block, const std::map<std::string, Kind>& kinds, const Reading& reading) {
  const auto rows = rows_of(block, reading);
  Batch out;
  out.table.rows = rows.size();
  for (const auto& values : columns_of(rows, reading)) {
    const auto wanted = kinds.find(values.name);
    const Kind kind = wanted == kinds.end() ? narrowest(values) : wanted->second;
    Validity valid(rows.size(), 1);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const Json* cell = values.cells[row];
      const bool fits = cell != nullptr && (wanted == kinds.end() || is_of(*cell, wanted->second));
      valid[row] = fits ? 1 : 0;
      if (cell != nullptr && !fits)
        out.misfits.push_back(
            {out.table.columns.size(), row, misfit_text(cell->dump(-1, ' ', false, Json::error_handler_t::replace))});
    }
    out.table.columns.push_back(make(values, kind, std::move(valid)));
  }
  return out;
}

}  // namespace mlops::table

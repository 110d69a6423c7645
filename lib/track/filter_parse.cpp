#include "track/filter_parse.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "track/api_error.h"
#include "track/filter_rules.h"
#include "track/filter_words.h"

namespace mlops::track {
namespace {

using meta::Comparison;
using meta::Filter;
using meta::Op;

constexpr int k_depth = 32;
constexpr std::size_t k_comparisons = 256, k_list = 10'000;

ApiError unreadable(const Word& word, const char* wanted) {
  if (word.kind == Word::Kind::end) return invalid(fmt::format("the filter ends where {} was expected", wanted));
  return invalid(fmt::format("the filter has \"{}\" at {} where {} was expected", printable(word.text.substr(0, 80)),
                             word.at + 1, wanted));
}

std::optional<double> number_of(const std::string& text) {
  const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* last = text.data() + text.size();
  double value = 0;
  const auto [end, error] = std::from_chars(first, last, value);
  return error == std::errc{} && end == last ? std::optional(value) : std::nullopt;
}

std::optional<Op> symbol_op(const std::string& text) {
  static constexpr std::pair<std::string_view, Op> k_ops[] = {{"=", Op::equal},   {"!=", Op::not_equal},
                                                              {">", Op::greater}, {">=", Op::greater_equal},
                                                              {"<", Op::less},    {"<=", Op::less_equal}};
  for (const auto& [symbol, op] : k_ops)
    if (symbol == text) return op;
  return std::nullopt;
}

class Parser {
 public:
  Parser(std::string_view text, Domain domain) : words_(words_of(text)), domain_(domain) {}

  Filter filter() {
    if (peek().kind == Word::Kind::end) return {};
    Filter out = any_of(0);
    if (peek().kind != Word::Kind::end) throw unreadable(peek(), "AND, OR or the end");
    return out;
  }

  meta::OrderBy order() {
    const auto [entity, key] = key_words();
    const KeyRule rule = order_rule(domain_, entity, key);
    meta::OrderBy out{rule.entity, rule.key, true};
    if (take("DESC"))
      out.ascending = false;
    else
      take("ASC");
    if (peek().kind != Word::Kind::end)
      throw invalid(fmt::format("an order is a key, then ASC or DESC; \"{}\" is too much", printable(peek().text)));
    return out;
  }

 private:
  [[nodiscard]] const Word& peek(std::size_t ahead = 0) const {
    return words_[std::min(at_ + ahead, words_.size() - 1)];
  }
  const Word& next() { return words_[std::min(at_++, words_.size() - 1)]; }
  bool take(std::string_view keyword) {
    if (!is_keyword(peek(), keyword)) return false;
    ++at_;
    return true;
  }
  bool take_symbol(std::string_view symbol) {
    if (peek().kind != Word::Kind::symbol || peek().text != symbol) return false;
    ++at_;
    return true;
  }

  Filter any_of(int depth) {
    return joined(depth, "OR", Filter::Kind::any_of, [&] { return all_of(depth); });
  }
  Filter all_of(int depth) {
    return joined(depth, "AND", Filter::Kind::all_of, [&] { return negation(depth); });
  }

  template <class Part>
  Filter joined(int depth, std::string_view keyword, Filter::Kind kind, const Part& part) {
    if (depth > k_depth) throw invalid("the filter is nested too deeply");
    Filter first = part();
    if (!is_keyword(peek(), keyword)) return first;
    Filter out{kind, {}, {}};
    out.parts.push_back(std::move(first));
    while (take(keyword)) out.parts.push_back(part());
    return out;
  }

  Filter negation(int depth) {
    if (depth > k_depth) throw invalid("the filter is nested too deeply");
    if (take("NOT")) {
      Filter out{Filter::Kind::negation, {}, {}};
      out.parts.push_back(negation(depth + 1));
      return out;
    }
    if (!take_symbol("(")) return {Filter::Kind::comparison, comparison(), {}};
    Filter out = any_of(depth + 1);
    if (!take_symbol(")")) throw unreadable(peek(), "\")\"");
    return out;
  }

  // Entity and name; only the first dot splits.
  std::pair<std::string, std::string> key_words() {
    const Word word = next();
    const bool name = word.kind == Word::Kind::name,
               quoted = word.kind == Word::Kind::backticked || word.kind == Word::Kind::quoted;
    if (!name && !quoted) throw unreadable(word, "a key");
    const auto dot = word.text.find('.');
    if (dot == std::string::npos) return {"", word.text};
    std::string entity = word.text.substr(0, dot), key = word.text.substr(dot + 1);
    const Word& after = peek();
    if (name && key.empty() && after.attached &&
        (after.kind == Word::Kind::quoted || after.kind == Word::Kind::backticked))
      key = next().text;
    return {std::move(entity), std::move(key)};
  }

  Comparison comparison() {
    if (++comparisons_ > k_comparisons) throw invalid("the filter has too many comparisons");
    const auto [entity, key] = key_words();
    const KeyRule rule = filter_rule(domain_, entity, key);
    Comparison out;
    out.entity = rule.entity;
    out.key = rule.key;
    out.numeric = rule.numeric;
    out.op = operation(rule);
    if (out.op == Op::is_null || out.op == Op::is_not_null) return out;
    if (out.op == Op::in || out.op == Op::not_in)
      out.list = list();
    else if (rule.numeric)
      out.number = numeric_value(rule);
    else
      out.text = text_value(rule);
    return out;
  }

  Op operation(const KeyRule& rule) {
    const Word word = next();
    if (word.kind == Word::Kind::symbol) {
      const auto op = symbol_op(word.text);
      if (!op) throw unreadable(word, "an operator");
      if (!rule.numeric && *op != Op::equal && *op != Op::not_equal)
        throw invalid(fmt::format("\"{}\" is text: it can be compared with =, !=, LIKE and ILIKE, not with {}",
                                  printable(rule.key), word.text));
      return *op;
    }
    if (is_keyword(word, "IS")) {
      if (!rule.nullable) throw invalid(fmt::format("\"{}\" can't be asked for NULL", printable(rule.key)));
      const bool negated = take("NOT");
      if (!take("NULL")) throw unreadable(peek(), "NULL");
      return negated ? Op::is_not_null : Op::is_null;
    }
    const bool negated = is_keyword(word, "NOT");
    const Word verb = negated ? next() : word;
    if (is_keyword(verb, "IN")) {
      if (!rule.lists) throw invalid(fmt::format("\"{}\" can't be compared with IN", printable(rule.key)));
      return negated ? Op::not_in : Op::in;
    }
    const bool like = is_keyword(verb, "LIKE");
    if (negated || (!like && !is_keyword(verb, "ILIKE"))) throw unreadable(word, "an operator");
    if (rule.numeric)
      throw invalid(fmt::format("\"{}\" is a number and can't be compared with LIKE", printable(rule.key)));
    return like ? Op::like : Op::ilike;
  }

  double numeric_value(const KeyRule& rule) {
    const Word word = next();
    const auto value = word.kind == Word::Kind::number ? number_of(word.text) : std::nullopt;
    if (!value)
      throw invalid(fmt::format("\"{}\" is compared with a number, not with \"{}\"", printable(rule.key),
                                printable(word.text.substr(0, 80))));
    return *value;
  }

  std::string text_value(const KeyRule& rule) {
    const Word word = next();
    if (word.kind != Word::Kind::quoted)
      throw invalid(
          fmt::format("\"{}\" is compared with text in quotes, not with {}", printable(rule.key),
                      word.kind == Word::Kind::end ? "nothing" : "\"" + printable(word.text.substr(0, 80)) + "\""));
    return word.text;
  }

  std::vector<std::string> list() {
    std::vector<std::string> out;
    if (!take_symbol("(")) throw unreadable(peek(), "a list in parentheses");
    do {
      const Word word = next();
      if (word.kind != Word::Kind::quoted) throw unreadable(word, "text in quotes");
      out.push_back(word.text);
      if (++listed_ > k_list) throw invalid("the filter has too long a list");
    } while (take_symbol(","));
    if (!take_symbol(")")) throw unreadable(peek(), "\")\"");
    return out;
  }

  std::vector<Word> words_;
  Domain domain_;
  std::size_t at_ = 0, comparisons_ = 0, listed_ = 0;
};

template <class T>
bool holds(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::equal:
      return left == right;
    case Op::not_equal:
      return left != right;
    case Op::greater:
      return left > right;
    case Op::greater_equal:
      return left >= right;
    case Op::less:
      return left < right;
    default:
      return left <= right;
  }
}

bool holds(const Comparison& comparison, const Worth& worth) {
  if (comparison.numeric)
    return std::holds_alternative<double>(worth) && holds(comparison.op, std::get<double>(worth), comparison.number);
  if (!std::holds_alternative<std::string>(worth)) return false;
  const auto& text = std::get<std::string>(worth);
  const auto& list = comparison.list;
  switch (comparison.op) {
    case Op::like:
      return meta::matches_like(text, comparison.text, false);
    case Op::ilike:
      return meta::matches_like(text, comparison.text, true);
    case Op::in:
      return std::find(list.begin(), list.end(), text) != list.end();
    case Op::not_in:
      return std::find(list.begin(), list.end(), text) == list.end();
    default:
      return holds(comparison.op, text, comparison.text);
  }
}

}  // namespace

meta::Filter parse_filter(std::string_view text, Domain domain) { return Parser(text, domain).filter(); }
meta::OrderBy parse_order(std::string_view text, Domain domain) { return Parser(text, domain).order(); }

std::vector<meta::OrderBy> parse_orders(const std::vector<std::string>& items, Domain domain) {
  if (items.size() > 32) throw invalid("a search is ordered by 32 keys at most");
  std::vector<meta::OrderBy> out;
  for (const auto& item : items) {
    auto order = parse_order(item, domain);
    for (const auto& before : out)
      if (before.entity == order.entity && before.key == order.key)
        throw invalid(fmt::format("the order names \"{}\" twice", printable(order.key)));
    out.push_back(std::move(order));
  }
  return out;
}

bool matches(const Filter& filter, const Lookup& lookup) {
  const auto part = [&](const Filter& one) { return matches(one, lookup); };
  switch (filter.kind) {
    case Filter::Kind::everything:
      return true;
    case Filter::Kind::all_of:
      return std::all_of(filter.parts.begin(), filter.parts.end(), part);
    case Filter::Kind::any_of:
      return std::any_of(filter.parts.begin(), filter.parts.end(), part);
    case Filter::Kind::negation:
      return !part(filter.parts.front());
    case Filter::Kind::comparison:
      break;
  }
  const auto worth = lookup(filter.comparison.entity, filter.comparison.key);
  if (filter.comparison.op == Op::is_null) return !worth;
  if (!worth) return false;
  return filter.comparison.op == Op::is_not_null || holds(filter.comparison, *worth);
}

bool mentions(const Filter& filter, meta::Entity entity, std::string_view key) {
  if (filter.kind == Filter::Kind::comparison)
    return filter.comparison.entity == entity && filter.comparison.key == key;
  return std::any_of(filter.parts.begin(), filter.parts.end(),
                     [&](const Filter& part) { return mentions(part, entity, key); });
}

}  // namespace mlops::track

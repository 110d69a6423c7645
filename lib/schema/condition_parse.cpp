#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "schema/condition_tree.h"

namespace mlops::schema {
namespace {

constexpr std::size_t k_longest = 4096, k_most_operands = 64;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {
    if (text.size() > k_longest) throw input_error("the condition is longer than " + show_count(k_longest) + " bytes");
  }

  std::vector<Comparison> all() {
    std::vector<Comparison> out{comparison()};
    while (word("and")) out.push_back(comparison());
    blanks();
    if (at_ < text_.size()) fail("\"and\" or the end is expected");
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw input_error(fmt::format("\"{}\" is no condition: {} at character {}", printable(text_), what, at_ + 1),
                      "for example: start <= end, a + b == total, price > 0 and plan != 'free', end is not null");
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool sign(std::string_view wanted) {
    blanks();
    if (!std::string_view(text_).substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  // A whole word: "and" is not the beginning of "android".
  bool word(std::string_view wanted) {
    blanks();
    const auto rest = std::string_view(text_).substr(at_);
    if (!rest.starts_with(wanted)) return false;
    if (rest.size() > wanted.size() && (is_letter(rest[wanted.size()]) || is_digit(rest[wanted.size()]))) return false;
    at_ += wanted.size();
    return true;
  }

  Comparison comparison() {
    using Operator = Comparison::Operator;
    Comparison out;
    out.left = sum();
    if (word("is")) {
      if (out.left.size() != 1 || out.left[0].operands.size() != 1 || out.left[0].operands[0].column.empty())
        fail("\"is null\" needs a column before it");
      out.sign = word("not") ? Operator::is_not_null : Operator::is_null;
      if (!word("null")) fail("\"null\" is expected");
      return out;
    }
    static constexpr std::array<std::pair<std::string_view, Operator>, 6> k_signs{{{"<=", Operator::less_or_equal},
                                                                                   {">=", Operator::greater_or_equal},
                                                                                   {"==", Operator::equal},
                                                                                   {"!=", Operator::not_equal},
                                                                                   {"<", Operator::less},
                                                                                   {">", Operator::greater}}};
    const auto* found = std::find_if(k_signs.begin(), k_signs.end(), [&](const auto& one) { return sign(one.first); });
    if (found == k_signs.end()) fail("one of <= < >= > == != is expected");
    out.sign = found->second;
    out.right = sum();
    return out;
  }

  Sum sum() {
    Sum out{product()};
    for (;;) {
      const bool plus = sign("+");
      if (!plus && !sign("-")) return out;
      out.push_back(product());
      out.back().minus = !plus;
    }
  }
  Product product() {
    Product out{{operand()}, false};
    while (sign("*")) out.operands.push_back(operand());
    return out;
  }

  Operand operand() {
    if (++operands_ > k_most_operands) fail("too many operands");
    blanks();
    if (at_ == text_.size()) fail("a column or a value is expected");
    const char c = text_[at_];
    if (c == '`') return named(enclosed('`'));
    if (c == '\'') return of_text(enclosed('\''));
    if (is_digit(c) || c == '-' || c == '.') return value();
    if (word("true")) return whole(Type::boolean, 1);
    if (word("false")) return whole(Type::boolean, 0);
    if (!is_letter(c)) fail("a column or a value is expected");
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    return named(text_.substr(start, at_ - start));
  }

  static Operand named(std::string name) {
    Operand out;
    out.column = std::move(name);
    return out;
  }
  static Operand of_text(std::string text) {
    Operand out;
    out.type = Type::text;
    out.text = std::move(text);
    return out;
  }
  static Operand whole(Type type, std::int64_t value) {
    Operand out;
    out.type = type;
    out.is_whole = true;
    out.whole = value;
    out.number = static_cast<double>(value);
    return out;
  }

  // A doubled mark stands for itself.
  std::string enclosed(char mark) {
    std::string out;
    const std::size_t start = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != mark) {
        out += c;
      } else if (at_ < text_.size() && text_[at_] == mark) {
        out += mark;
        ++at_;
      } else {
        if (out.empty() && mark == '`') break;
        return out;
      }
    }
    at_ = start;
    fail(mark == '`' ? "a name in backticks is expected" : "the quote is not closed");
  }

  // A time, a duration or a number: the longest run of characters that they are made of.
  Operand value() {
    const std::size_t start = at_;
    std::size_t end = at_ + 1;
    const auto goes_on = [&](char c, char before) {
      if (is_digit(c) || is_letter(c) || c == '.' || c == ':') return true;
      const bool exponent = (before == 'e' || before == 'E') && (c == '+' || c == '-');
      // "2026-01-31": a date goes on over its dashes, "5-a" does not.
      const bool date = c == '-' && (end - start == 4 || end - start == 7) && is_digit(text_[end + 1]);
      return exponent || date;
    };
    while (end < text_.size() && goes_on(text_[end], text_[end - 1])) ++end;
    const std::string word = text_.substr(start, end - start);
    if (const auto time = parse_time(word)) return at_ = end, whole(Type::time, *time);
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc{} && stop == word.data() + word.size()) return at_ = end, whole(Type::number, number);
    if (const auto duration = parse_duration(word)) return at_ = end, whole(Type::duration, *duration);
    double real = 0;
    const auto [last, wrong] = std::from_chars(word.data(), word.data() + word.size(), real);
    if (wrong != std::errc{} || last != word.data() + word.size())
      fail("\"" + printable(word) + "\" is no number, time or duration");
    at_ = end;
    Operand out;
    out.number = real;
    return out;
  }

  const std::string& text_;
  std::size_t at_ = 0, operands_ = 0;
};

const char* name_of(Type type) {
  static constexpr std::array<const char*, 5> k_names{"a boolean", "a number", "a text", "a time", "a duration"};
  return k_names.at(static_cast<std::size_t>(type));
}

std::optional<Type> type_of(table::Kind kind) {
  using table::Kind;
  switch (kind) {
    case Kind::boolean:
      return Type::boolean;
    case Kind::integer:
    case Kind::real:
      return Type::number;
    case Kind::text:
      return Type::text;
    case Kind::time:
      return Type::time;
    case Kind::other:
      break;
  }
  return std::nullopt;
}

// The types of sums and products, or what is wrong with them. No type: not known, nothing to say.
class Types {
 public:
  explicit Types(const ColumnType& type) : column_type_(type) {}
  std::optional<Type> of(const Operand& operand) const {
    if (operand.column.empty()) return operand.type;
    const auto kind = column_type_(operand.column);
    return kind ? type_of(*kind) : std::nullopt;
  }
  std::optional<Type> of(const Sum& sum) {
    std::optional<Type> out = of(sum.front());
    for (std::size_t i = 1; i < sum.size(); ++i) {
      const auto next = of(sum[i]);
      out = join(out, next, sum[i].minus ? "-" : "+", out && next ? sum_type(*out, *next, sum[i].minus) : std::nullopt);
    }
    return out;
  }
  std::string problem;

 private:
  std::optional<Type> of(const Product& product) {
    std::optional<Type> out = of(product.operands.front());
    for (std::size_t i = 1; i < product.operands.size(); ++i) {
      const auto next = of(product.operands[i]);
      out = join(out, next, "*", out && next ? product_type(*out, *next) : std::nullopt);
    }
    return out;
  }
  std::optional<Type> join(std::optional<Type> a, std::optional<Type> b, const char* sign, std::optional<Type> made) {
    if (a && b && !made && problem.empty())
      problem = fmt::format("{} {} {} has no meaning", name_of(*a), sign, name_of(*b));
    return made;
  }
  const ColumnType& column_type_;
};

void mention(const Sum& sum, std::vector<std::string>& columns) {
  for (const auto& product : sum)
    for (const auto& operand : product.operands)
      if (!operand.column.empty() && std::find(columns.begin(), columns.end(), operand.column) == columns.end())
        columns.push_back(operand.column);
}

}  // namespace

std::optional<Type> sum_type(Type a, Type b, bool minus) {
  if (a == b && (a == Type::number || a == Type::duration)) return a;
  if (a == Type::time && b == Type::time && minus) return Type::duration;
  if (a == Type::time && b == Type::duration) return Type::time;
  if (a == Type::duration && b == Type::time && !minus) return Type::time;
  return std::nullopt;
}

std::optional<Type> product_type(Type a, Type b) {
  if (a == Type::number && b == Type::number) return Type::number;
  if ((a == Type::duration && b == Type::number) || (a == Type::number && b == Type::duration)) return Type::duration;
  return std::nullopt;
}

std::vector<Comparison> parse_condition(const std::string& text) { return Parser(text).all(); }

Condition::Condition(std::string text) : text_(std::move(text)) {
  comparisons_ = std::make_shared<const std::vector<Comparison>>(parse_condition(text_));
  for (const auto& comparison : *comparisons_) {
    mention(comparison.left, columns_);
    mention(comparison.right, columns_);
  }
}

std::string Condition::type_problem(const ColumnType& type) const {
  Types types(type);
  for (const auto& comparison : *comparisons_) {
    if (comparison.right.empty()) continue;
    const auto left = types.of(comparison.left), right = types.of(comparison.right);
    if (types.problem.empty() && left && right && *left != *right)
      types.problem = fmt::format("{} and {} can't be compared", name_of(*left), name_of(*right));
  }
  return types.problem;
}

}  // namespace mlops::schema

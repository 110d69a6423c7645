#include "data/ignore.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/text.h"

namespace mlops::data {
namespace {

// "[:digit:]" and the like, as POSIX has them for ASCII. False also for a name that is none.
bool in_named_class(std::string_view name, char c) {
  constexpr std::array<std::pair<std::string_view, int (*)(int)>, 12> k_classes{{{"alnum", std::isalnum},
                                                                                 {"alpha", std::isalpha},
                                                                                 {"blank", std::isblank},
                                                                                 {"cntrl", std::iscntrl},
                                                                                 {"digit", std::isdigit},
                                                                                 {"graph", std::isgraph},
                                                                                 {"lower", std::islower},
                                                                                 {"print", std::isprint},
                                                                                 {"punct", std::ispunct},
                                                                                 {"space", std::isspace},
                                                                                 {"upper", std::isupper},
                                                                                 {"xdigit", std::isxdigit}}};
  const auto found =
      std::find_if(k_classes.begin(), k_classes.end(), [&](const auto& one) { return one.first == name; });
  return found != k_classes.end() && static_cast<unsigned char>(c) < 128 && found->second(c) != 0;
}

// The class that begins behind `[`: true where `c` is in it. `rest` gets what follows `]`, or nothing where there is
// none.
bool in_class(std::string_view pattern, char c, std::string_view& rest) {
  std::size_t i = 0;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (const std::size_t first = i; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    const auto end = pattern.substr(i).starts_with("[:") ? pattern.find(":]", i + 2) : std::string_view::npos;
    if (end != std::string_view::npos) {
      found = found || in_named_class(pattern.substr(i + 2, end - i - 2), c);
      i = end + 1;
      continue;
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const char low = pattern[i];
    char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      high = pattern[i + 2];
      i += 2;
    }
    found = found || (static_cast<unsigned char>(low) <= static_cast<unsigned char>(c) &&
                      static_cast<unsigned char>(c) <= static_cast<unsigned char>(high));
  }
  rest = i < pattern.size() ? pattern.substr(i + 1) : std::string_view();
  return i < pattern.size() && found != negated && c != '/';
}

// Walks through the text once with every place in the pattern where it may stand, so that no pattern costs more than
// its length for each character.
class Places {
 public:
  explicit Places(std::string_view pattern) : pattern_(pattern), now_(pattern.size() + 2), next_(pattern.size() + 2) {
    enter(now_, 0);
  }

  void step(char c) {
    std::fill(next_.begin(), next_.end(), false);
    for (std::size_t at = 0; at < now_.size(); ++at)
      if (now_[at]) move(at, c);
    std::swap(now_, next_);
  }
  [[nodiscard]] bool at_end() const { return now_[pattern_.size()] || now_[anything()]; }

 private:
  // Behind a closing "**", which has taken something.
  [[nodiscard]] std::size_t anything() const { return pattern_.size() + 1; }
  // Two stars are more than one only where they are a whole component.
  [[nodiscard]] bool begins_component(std::size_t at) const { return at == 0 || pattern_[at - 1] == '/'; }
  [[nodiscard]] bool any_directories(std::size_t at) const {
    return begins_component(at) && pattern_.substr(at).starts_with("**/");
  }
  [[nodiscard]] bool all_below(std::size_t at) const { return begins_component(at) && pattern_.substr(at) == "**"; }
  [[nodiscard]] std::size_t behind_stars(std::size_t at) const {
    return std::min(pattern_.find_first_not_of('*', at), pattern_.size());
  }

  // What may match nothing is passed as well.
  void enter(std::vector<bool>& places, std::size_t at) const {
    while (true) {
      places[at] = true;
      if (at < pattern_.size() && all_below(at)) places[anything()] = true;
      if (at >= pattern_.size() || pattern_[at] != '*' || all_below(at)) return;
      at = any_directories(at) ? at + 3 : behind_stars(at);
    }
  }

  void move(std::size_t at, char c) {
    if (at == anything()) next_[at] = true;
    if (at >= pattern_.size()) return;
    const std::string_view rest = pattern_.substr(at);
    if (all_below(at)) {
      next_[anything()] = true;
    } else if (any_directories(at)) {
      next_[at] = true;
      if (c == '/') enter(next_, at + 3);
    } else if (rest.front() == '*') {
      if (c == '/') return;
      next_[at] = true;
      enter(next_, behind_stars(at));
    } else if (rest.front() == '?') {
      if (c != '/') enter(next_, at + 1);
    } else if (rest.front() == '[') {
      std::string_view left;
      if (in_class(rest.substr(1), c, left)) enter(next_, pattern_.size() - left.size());
    } else {
      const std::size_t letter = rest.front() == '\\' && rest.size() > 1 ? 1 : 0;
      if (rest[letter] == c) enter(next_, at + letter + 1);
    }
  }

  std::string_view pattern_;
  std::vector<bool> now_, next_;
};

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  Places places(pattern);
  for (const char c : text) places.step(c);
  return places.at_end();
}

IgnoreRules::IgnoreRules(std::string directory, std::string_view text, std::shared_ptr<const IgnoreRules> above)
    : directory_(std::move(directory)), above_(std::move(above)) {
  for (const auto& line : split(text, '\n')) add(line);
}

void IgnoreRules::add(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  if (line.empty() || line.front() == '#') return;
  Pattern pattern;
  if (line.front() == '!') {
    pattern.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    pattern.only_directories = true;
    line.remove_suffix(1);
  }
  pattern.anchored = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  pattern.text = line;
  if (!pattern.text.empty()) patterns_.push_back(std::move(pattern));
}

bool IgnoreRules::matches(const Pattern& pattern, std::string_view below, bool is_directory) const {
  if (pattern.only_directories && !is_directory) return false;
  if (pattern.anchored) {  // git takes off what has no wildcard first: in "a**/b" the stars are a whole component then
    const auto plain = std::min(pattern.text.find_first_of("*?[\\"), pattern.text.size());
    return below.starts_with(std::string_view(pattern.text).substr(0, plain)) &&
           matches_glob(std::string_view(pattern.text).substr(plain), below.substr(plain));
  }
  return matches_glob(pattern.text, below.substr(below.rfind('/') + 1));
}

bool IgnoreRules::ignores(std::string_view path, bool is_directory) const {
  const auto below = directory_.empty() ? path : path.substr(directory_.size() + 1);
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern)
    if (matches(*pattern, below, is_directory)) return !pattern->negated;
  return above_ != nullptr && above_->ignores(path, is_directory);
}

}  // namespace mlops::data

// Private to the search language: its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlops::track {

struct Word {
  enum class Kind { name, quoted, backticked, number, symbol, end };
  Kind kind = Kind::end;
  std::string text;
  std::size_t at = 0;     // byte in the text, from 0
  bool attached = false;  // no white space before it
};

// Throws ApiError(400) for an open quote, too long a text and too many words.
std::vector<Word> words_of(std::string_view text);
bool is_keyword(const Word& word, std::string_view keyword);  // in any letter case

}  // namespace mlops::track

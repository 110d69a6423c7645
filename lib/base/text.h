// Small, pure functions on text: what people read (sizes, counts, suggestions) and what must never reach a terminal
// raw.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlops {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
bool is_utf8(std::string_view text);
bool is_ascii(std::string_view text);

// Equal for names that a file system without letter case, or one that normalises Unicode, takes for one: compatibility
// decomposition, full case folding, characters that show nothing left out. ASCII letters only where it is not UTF-8.
std::string fold_case(std::string_view text);

// "1.4 GiB", "212 MiB", "17 B".
std::string show_size(std::uint64_t bytes);
// "50,000".
std::string show_count(std::uint64_t count);
// Shortest text that reads back as the same double; "NaN", "Infinity", "-Infinity".
std::string show_double(double value);

// The candidate nearest to `name` by edit distance, or "" when none is near enough to be a slip of the finger.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

// For a terminal or a log: control characters (C0, C1, DEL), escape sequences and bidirectional controls become
// \xNN or \u{NNNN}, invalid UTF-8 becomes \xNN; everything else stays. Newlines are escaped too.
std::string printable(std::string_view text);

// Invalid UTF-8 replaced by U+FFFD, for JSON.
std::string to_utf8(std::string_view bytes);

// Number of terminal columns that printable UTF-8 text takes.
std::size_t display_width(std::string_view text);

}  // namespace mlops

// Commands that people copy from what is printed.
#pragma once

#include <string>
#include <vector>

namespace mlops {

// A word as a POSIX shell (with $'…' as bash and zsh have it, where control characters need it) reads it back, in
// quotes where needed. Safe for a terminal.
std::string shell_word(const std::string& text);

// In quotes always, as every POSIX shell reads it back: for scripts, not for a terminal.
std::string shell_quoted(const std::string& text);

// A path as a word that no program takes for an option: "./-x".
std::string shell_path(const std::string& path);
// Several, with a space between them. Of more than `most` none but PATH…: nobody types hundreds.
std::string shell_paths(const std::vector<std::string>& paths, std::size_t most = 10);

}  // namespace mlops

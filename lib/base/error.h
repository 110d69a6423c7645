// One exception type for everything that stops a command: what is wrong, with which thing, and what to do about it.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace mlops {

// Who can mend it: the caller (usage), the one who wrote the input or owns the state, or whoever runs the outside
// world.
enum class ErrorKind { usage, input, state, outside };

// Process exit codes (share/doc/exit-codes.md). 0 and 1 are answers, not errors.
inline constexpr int k_exit_done = 0;
inline constexpr int k_exit_no = 1;
inline constexpr int k_exit_usage = 2;
inline constexpr int k_exit_input = 3;
inline constexpr int k_exit_outside = 4;
inline constexpr int k_exit_interrupted = 130;
inline constexpr int k_exit_terminated = 143;

// Thrown where the fact is known; caught in main, at a server's request boundary, at a pool task's and a stage's
// boundary. `message` is one sentence that names the thing; `hint` says what to type. Line and column count from 1, 0 =
// unknown.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {})
      : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

  Error&& at(std::string file, int line = 0, int column = 0) && {
    file_ = std::move(file);
    line_ = line;
    column_ = column;
    return std::move(*this);
  }
  Error&& excerpt(std::string source_line) && {
    excerpt_ = std::move(source_line);
    return std::move(*this);
  }

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const std::string& excerpt() const { return excerpt_; }
  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] int column() const { return column_; }
  [[nodiscard]] int exit_code() const {
    return kind_ == ErrorKind::usage ? k_exit_usage : kind_ == ErrorKind::outside ? k_exit_outside : k_exit_input;
  }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_, hint_, file_, excerpt_;
  int line_ = 0, column_ = 0;
};

inline Error usage_error(std::string message, std::string hint = {}) {
  return {ErrorKind::usage, std::move(message), std::move(hint)};
}
inline Error input_error(std::string message, std::string hint = {}) {
  return {ErrorKind::input, std::move(message), std::move(hint)};
}
inline Error state_error(std::string message, std::string hint = {}) {
  return {ErrorKind::state, std::move(message), std::move(hint)};
}
inline Error outside_error(std::string message, std::string hint = {}) {
  return {ErrorKind::outside, std::move(message), std::move(hint)};
}
// `what` with the meaning of `errno_value`: "cannot open data/x: No such file or directory".
Error system_error(const std::string& what, int errno_value, std::string hint = {});

}  // namespace mlops

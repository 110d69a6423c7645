// MD5, by which other tools name files. It shows damage; it is no proof against whoever means to deceive.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mlops {

// Incremental, for one text. Not thread-safe. Throws Error(state) where OpenSSL has none (FIPS).
class Md5 {
 public:
  Md5();
  ~Md5();
  void update(std::span<const std::byte> bytes);
  std::string finish();  // 32 lower-case hexadecimal digits

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mlops

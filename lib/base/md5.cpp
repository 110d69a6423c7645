#include "base/md5.h"

#include <openssl/evp.h>

#include <array>

#include "base/error.h"
#include "base/hash.h"

namespace mlops {
namespace {

void check(int ok) {
  if (ok != 1) throw state_error("OpenSSL has no MD5 here, by which other tools name files");
}

}  // namespace

struct Md5::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { check(EVP_DigestInit_ex(context, EVP_md5(), nullptr)); }
  ~State() { EVP_MD_CTX_free(context); }
};

Md5::Md5() : state_(std::make_unique<State>()) {}
Md5::~Md5() = default;

void Md5::update(std::span<const std::byte> bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Md5::finish() {
  std::array<std::uint8_t, 16> digest{};
  unsigned length = 0;
  check(EVP_DigestFinal_ex(state_->context, digest.data(), &length));
  return to_hex(digest);
}

}  // namespace mlops

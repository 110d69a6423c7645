// A write that fails: nothing of a writer that lost an object on the way is ever there.
#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <csignal>

#include "base/error.h"
#include "scratch.h"

namespace mlops::store {
namespace {

// Files get no longer than this, as where a disk is full.
class Full {
 public:
  explicit Full(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit low{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &low);
  }
  ~Full() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int);
};

}  // namespace

TEST_CASE("what a failed write left out is committed by nobody") {
  const Scratch scratch;
  const auto store = scratch.open();
  auto writer = store->writer();
  const std::string first = noise(200'000, 1), second = noise(200'000, 2), third = noise(200'000, 3);
  const Id early = writer->put_chunk(as_bytes(first));
  {
    const Full disk(210'000);
    CHECK_THROWS_AS(writer->put_chunk(as_bytes(second)), Error);
  }
  const Id late = writer->put_chunk(as_bytes(third));
  CHECK_THROWS_AS(writer->commit(), Error);
  CHECK_THROWS_AS(writer->commit(), Error);
  writer.reset();
  for (const auto& id : {early, sha256(second), late}) CHECK_FALSE(scratch.open()->has(Kind::chunk, id));
  writer = store->writer();
  for (const auto& bytes : {first, second, third}) writer->put_chunk(as_bytes(bytes));
  writer->commit();
  for (const auto& bytes : {first, second, third}) CHECK(scratch.open()->get(Kind::chunk, sha256(bytes)) == bytes);
}

}  // namespace mlops::store

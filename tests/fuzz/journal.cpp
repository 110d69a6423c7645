// Journals of a remote.
#include "exchange/journal.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse(
      [&] { (void)exchange::parse_journal(fuzz::text_of(data, size), "journal/x/00000001"); });
}

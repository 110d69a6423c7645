// What pushes say on a remote that they need: what is accepted comes back.
#include "exchange/push_note.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mlops;
  return fuzz::accept_or_refuse([&] {
    const auto note = exchange::parse_push_note(fuzz::text_of(data, size), "pushes/x");
    const auto again = exchange::parse_push_note(exchange::encode_push_note(note), "pushes/x");
    fuzz::require(again.time == note.time && again.commits == note.commits && again.committed == note.committed &&
                  again.uncommitted == note.uncommitted && again.records == note.records);
  });
}

#include "feature/shared_pushes.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "data/author.h"
#include "feature/pushes.h"
#include "meta/database.h"

namespace mlops::feature {
namespace {

constexpr const char* k_record_type = "pushes";
constexpr std::uint64_t k_record_bytes = std::uint64_t{32} << 20;  // of lines in one record
constexpr std::uint64_t k_largest = std::uint64_t{256} << 20;      // of a record that somebody else sealed
constexpr std::size_t k_batch_bytes = std::size_t{4} << 20;        // of lines in one batch of the store

fs::path folder_of(const data::Repository& repository) { return repository.state() / "online"; }

// Which online store it is: a folder that was deleted and made again is another one, and takes the old one's records.
std::string origin_of(OnlineStore& store) {
  constexpr const char* k_key = "origin";
  {
    const auto snapshot = store.read();
    if (const auto known = snapshot->get(Space::state, k_key)) return std::string(*known);
  }
  std::string out;
  store.write([&](Transaction& transaction) {
    if (const auto known = transaction.get(Space::state, k_key)) {
      out = *known;
      return;
    }
    out = random_hex(32);
    transaction.put(Space::state, k_key, out);
  });
  return out;
}

// By source: up to which of this store's batches records stand. They say it themselves, so that a kill between a record
// and a note of it seals nothing twice.
std::map<std::string, std::uint64_t> sealed_until(meta::Database& database, const std::string& origin) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& entry : database.list({.type = k_record_type, .key = ""}))
    if (text_or(entry.body, "origin") == origin)
      out[entry.key] = std::max<std::uint64_t>(
          out[entry.key], static_cast<std::uint64_t>(std::max<std::int64_t>(integer_or(entry.body, "last"), 0)));
  return out;
}

// Lines of consecutive batches.
struct Batches {
  std::uint64_t first = 0, last = 0;
  std::string lines;
};

void seal(data::Repository& repository, const std::string& source, const std::string& origin, const Batches& batches) {
  const auto writer = repository.store().writer();
  const auto object = writer->put_file(std::as_bytes(std::span(batches.lines)));
  writer->commit();
  repository.database().seal({{"type", k_record_type},
                              {"version", 1},
                              {"key", source},
                              {"origin", origin},
                              {"first", batches.first},
                              {"last", batches.last},
                              {"file", object.id.hex()},
                              {"size", object.size},
                              {"rows", std::count(batches.lines.begin(), batches.lines.end(), '\n')},
                              {"author", data::author(repository)}});
}

void take_over(OnlineStore& store, const std::string& source, const std::string& mark, const std::string& lines) {
  store.write([&](Transaction& transaction) {
    if (transaction.get(Space::state, mark)) return;  // another process was first
    for (std::size_t at = 0; at < lines.size();) {
      std::size_t end = std::min(at + k_batch_bytes, lines.size());
      if (end < lines.size()) end = std::min(lines.find('\n', end), lines.size() - 1) + 1;
      append_offline(transaction, source, lines.substr(at, end - at), true);
      at = end;
    }
    transaction.put(Space::state, mark, "1");
  });
}

}  // namespace

std::size_t seal_pushes(data::Repository& repository) {
  const auto store = OnlineStore::open_if_there(folder_of(repository));
  if (!store) return 0;
  const FileLock one_at_a_time(store->folder() / "seal.lock");
  const std::string origin = origin_of(*store);
  auto sealed = sealed_until(repository.database(), origin);
  std::size_t out = 0;
  const auto snapshot = store->read();
  for (const auto& source : pushed_sources(*snapshot)) {
    Batches batches;
    const auto flush = [&] {
      if (batches.lines.empty()) return;
      seal(repository, source, origin, batches);
      batches = {};
      ++out;
    };
    each_own_batch(*snapshot, source, sealed[source], [&](std::uint64_t number, std::string_view lines) {
      if (batches.lines.empty()) batches.first = number;
      batches.last = number;
      batches.lines += lines;
      if (batches.lines.back() != '\n') batches.lines += '\n';
      if (batches.lines.size() >= k_record_bytes) flush();
    });
    flush();
  }
  return out;
}

std::unique_ptr<OnlineStore> open_shared(data::Repository& repository, bool make) {
  auto records = repository.database().list({.type = k_record_type, .key = "", .newest_first = false});
  auto store = make || !records.empty() ? OnlineStore::open(folder_of(repository))
                                        : OnlineStore::open_if_there(folder_of(repository));
  if (!store || records.empty()) return store;
  const std::string origin = origin_of(*store);
  for (const auto& record : records) {
    const auto file = Id::from_hex(text_or(record.body, "file"));
    const std::string mark = "shared/" + record.id.hex();
    if (!file || text_or(record.body, "origin") == origin || store->read()->get(Space::state, mark)) continue;
    if (!repository.store().has_file(*file))
      throw state_error(
          "the rows of pushes record " + record.id.brief() + " (" + printable(record.key) + ") are not in the store",
          "mlops pull brings them");
    take_over(*store, record.key, mark, repository.store().read_whole_file(*file, k_largest));
  }
  return store;
}

}  // namespace mlops::feature

#include "store/multi_index.h"

#include <algorithm>
#include <queue>

#include "store/bytes.h"

namespace mlops::store {
namespace {

constexpr std::string_view k_magic = "mlopsMX1";
constexpr std::size_t k_record = k_key_size + 4 + 8 + 4 + 4, k_checksum = 32;

void append_record(std::string& out, const PackEntry& entry, std::uint32_t pack) {
  const auto key = key_bytes(entry.key);
  out.append(key.data(), key.size());
  append_integer(out, pack);
  append_integer(out, entry.extent.offset);
  append_integer(out, entry.extent.stored);
  append_integer(out, entry.extent.plain);
}

struct Head {
  PackEntry entry;
  std::uint32_t pack;
  std::size_t next;
  bool operator>(const Head& other) const { return std::tie(entry.key, pack) > std::tie(other.entry.key, other.pack); }
};

// A merge of the sorted indexes; the first of equal keys stays.
std::size_t append_records(std::string& out, const std::vector<MultiIndex::Source>& sources) {
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  const auto push = [&](std::uint32_t pack, std::size_t i) {
    if (i < sources[pack].index->count()) heads.push({sources[pack].index->at(i), pack, i + 1});
  };
  for (std::uint32_t pack = 0; pack < sources.size(); ++pack) push(pack, 0);
  std::size_t count = 0;
  std::optional<Key> last;
  while (!heads.empty()) {
    const Head head = heads.top();
    heads.pop();
    push(head.pack, head.next);
    if (last == head.entry.key) continue;
    last = head.entry.key;
    append_record(out, head.entry, head.pack);
    ++count;
  }
  return count;
}

// Each key greater than the one before, and each in a pack that is there: look-ups rely on both.
bool in_order(const char* records, std::uint64_t count, std::uint64_t packs) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const char* at = records + i * k_record;
    if (integer_at<std::uint32_t>(at + k_key_size) >= packs ||
        (i > 0 && std::memcmp(at - k_record, at, k_key_size) >= 0))
      return false;
  }
  return true;
}

}  // namespace

std::string MultiIndex::encode(std::vector<Source> sources) {
  std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.pack < b.pack; });
  std::string out(k_magic);
  append_integer(out, static_cast<std::uint64_t>(sources.size()));
  append_integer(out, std::uint64_t{0});
  for (const auto& source : sources) append_id(out, source.pack);
  const std::uint64_t count = append_records(out, sources);
  std::memcpy(out.data() + 16, &count, sizeof count);
  append_id(out, sha256(out));
  return out;
}

MultiIndex::MultiIndex(MappedFile file) : file_(std::move(file)) {
  Cursor cursor(file_.bytes(), "the multi-pack index");
  if (cursor.take(8) != k_magic) cursor.refuse("it is of an unknown kind");
  const auto packs = cursor.integer<std::uint64_t>();
  count_ = cursor.integer<std::uint64_t>();
  if (cursor.left() < k_checksum || packs > cursor.left() / 32 || count_ > cursor.left() / k_record ||
      packs * 32 + count_ * k_record + k_checksum != cursor.left())
    cursor.refuse("its length is impossible");
  const auto all = file_.bytes();
  if (sha256(all.substr(0, all.size() - k_checksum)) != id_at(all.data() + all.size() - k_checksum))
    cursor.refuse("its checksum differs");
  for (std::uint64_t i = 0; i < packs; ++i) packs_.push_back(cursor.id());
  records_ = cursor.take(count_ * k_record).data();
  if (!in_order(records_, count_, packs)) cursor.refuse("its entries are not in order");
}

MultiIndex::Entry MultiIndex::at(std::size_t i) const {
  const char* at = records_ + i * k_record;
  const char* rest = at + k_key_size;
  return {{key_at(at),
           {integer_at<std::uint64_t>(rest + 4), integer_at<std::uint32_t>(rest + 12),
            integer_at<std::uint32_t>(rest + 16)}},
          integer_at<std::uint32_t>(rest)};
}

std::size_t MultiIndex::first_not_less_than(const Key& key) const {
  return first_not_less(records_, count_, k_record, key_bytes(key));
}

std::optional<std::size_t> MultiIndex::position(const Key& key) const {
  const auto i = first_not_less_than(key);
  if (i == count_ || std::memcmp(records_ + i * k_record, key_bytes(key).data(), k_key_size) != 0) return std::nullopt;
  return i;
}

}  // namespace mlops::store

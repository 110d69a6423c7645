#include "store/pack_index.h"

#include <algorithm>
#include <tuple>

#include "store/bytes.h"
#include "store/format.h"

namespace mlops::store {
namespace {

constexpr std::size_t k_header = 8 + 8 + 32 + 8, k_record = k_key_size + 8 + 4 + 4, k_checksum = 32;

PackEntry record_at(const char* at) {
  return {key_at(at),
          {integer_at<std::uint64_t>(at + k_key_size), integer_at<std::uint32_t>(at + k_key_size + 8),
           integer_at<std::uint32_t>(at + k_key_size + 12)}};
}

void append_record(std::string& out, const PackEntry& entry) {
  const auto key = key_bytes(entry.key);
  out.append(key.data(), key.size());
  append_integer(out, entry.extent.offset);
  append_integer(out, entry.extent.stored);
  append_integer(out, entry.extent.plain);
}

bool possible_in_plain(const PackEntry& entry, std::uint64_t pack_size) {
  const auto& extent = entry.extent;
  return entry.key.kind == Kind::chunk && extent.stored == extent.plain && extent.plain >= 1 &&
         extent.plain <= k_chunk_maximum && extent.offset <= pack_size && extent.stored <= pack_size - extent.offset;
}

bool possible(const PackEntry& entry, std::uint64_t pack_size) {
  const auto kind = static_cast<int>(entry.key.kind);
  const auto limit = entry.key.kind == Kind::chunk ? k_chunk_maximum : k_object_maximum;
  const auto& extent = entry.extent;
  return kind >= 1 && kind <= 4 && extent.stored <= extent.plain && extent.plain <= limit &&
         extent.offset >= k_pack_magic.size() && extent.offset <= pack_size &&
         extent.stored <= pack_size - extent.offset;
}

IndexImage encode_sorted(std::string_view magic, const std::vector<PackEntry>& entries, std::uint64_t pack_size,
                         const Id& checksum) {
  IndexImage image;
  image.bytes.reserve(k_header + entries.size() * k_record + k_checksum);
  image.bytes += magic;
  append_integer(image.bytes, pack_size);
  append_id(image.bytes, checksum);
  append_integer(image.bytes, static_cast<std::uint64_t>(entries.size()));
  for (const auto& entry : entries) append_record(image.bytes, entry);
  image.name = sha256(image.bytes);
  append_id(image.bytes, image.name);
  return image;
}

}  // namespace

IndexImage encode_index(std::vector<PackEntry> entries, std::uint64_t pack_size, const Id& checksum) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return encode_sorted(k_index_magic, entries, pack_size, checksum);
}

IndexImage encode_plain_index(std::vector<PackEntry> entries, std::uint64_t file_size, const Id& file) {
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  entries.erase(
      std::unique(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key == b.key; }),
      entries.end());
  return encode_sorted(k_plain_index_magic, entries, file_size, file);
}

PackIndex::PackIndex(MappedFile file, const Id& name) : file_(std::move(file)) {
  Cursor cursor(file_.bytes(), "the index of pack " + name.brief());
  const auto magic = cursor.take(8);
  plain_ = magic == k_plain_index_magic;
  if (!plain_ && magic != k_index_magic) cursor.refuse("it is no index of version 1");
  const auto size = cursor.integer<std::uint64_t>();
  cursor.id();
  const auto count = cursor.integer<std::uint64_t>();
  if (cursor.left() < k_checksum || (cursor.left() - k_checksum) % k_record != 0 ||
      (cursor.left() - k_checksum) / k_record != count)
    cursor.refuse("its length is impossible");
  const auto all = file_.bytes();
  if (id_at(all.data() + all.size() - k_checksum) != name || sha256(all.substr(0, all.size() - k_checksum)) != name)
    cursor.refuse("its checksum differs");
  count_ = count;
  records_ = all.data() + k_header;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!(plain_ ? possible_in_plain(at(i), size) : possible(at(i), size))) cursor.refuse("an entry is impossible");
    if (i > 0 && std::memcmp(records_ + (i - 1) * k_record, records_ + i * k_record, k_key_size) >= 0)
      cursor.refuse("its entries are not in order");
  }
}

PackEntry PackIndex::at(std::size_t i) const { return record_at(records_ + i * k_record); }

std::size_t PackIndex::first_not_less_than(const Key& key) const {
  return first_not_less(records_, count_, k_record, key_bytes(key));
}

std::optional<Extent> PackIndex::find(const Key& key) const {
  const auto i = first_not_less_than(key);
  if (i == count_) return std::nullopt;
  const auto entry = at(i);
  if (entry.key != key) return std::nullopt;
  return entry.extent;
}

std::vector<PackEntry> PackIndex::by_offset() const {
  std::vector<PackEntry> entries;
  entries.reserve(count_);
  for (std::size_t i = 0; i < count_; ++i) entries.push_back(at(i));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.extent.offset, a.extent.stored) <
           std::tie(b.extent.offset, b.extent.stored);  // an empty payload lies before the next one
  });
  return entries;
}

std::uint64_t PackIndex::pack_size() const { return integer_at<std::uint64_t>(file_.bytes().data() + 8); }
Id PackIndex::checksum() const { return id_at(file_.bytes().data() + 16); }

}  // namespace mlops::store

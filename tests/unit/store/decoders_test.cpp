// Every decoder is strict: each flipped byte and each truncation is an error or the right bytes, never others.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "scratch.h"
#include "store/chunker.h"
#include "store/compression.h"
#include "store/format.h"
#include "store/multi_index.h"
#include "store/recipe.h"
#include "store/tree.h"

using namespace mlops;
using namespace mlops::store;

namespace {

// Calls decode on every mutation; it must throw Error or answer true.
void mutate(const std::string& good, const std::function<bool(const std::string&)>& decode) {
  const auto refuses_or_agrees = [&](const std::string& bytes) {
    try {
      return decode(bytes);
    } catch (const Error&) {
      return true;
    }
  };
  REQUIRE(decode(good));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char flip : {1, 32, -128}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      INFO("byte " << at << " flip " << int(flip));
      REQUIRE(refuses_or_agrees(bytes));
    }
  for (std::size_t size = 0; size < good.size(); ++size) {
    INFO("cut to " << size);
    REQUIRE(refuses_or_agrees(good.substr(0, size)));
  }
  REQUIRE(refuses_or_agrees(good + '\0'));
}

Tree sample_tree() {
  return {{"B", Mode::file, sha256("1"), 1, 1},
          {"a", Mode::executable, sha256("2"), 2, 1},
          {"d", Mode::directory, sha256("3"), 300, 7},
          {"l", Mode::link, sha256("4"), 4, 1}};
}

std::vector<PackEntry> sample_entries() {
  std::vector<PackEntry> entries;
  for (std::uint32_t i = 0; i < 9; ++i)
    entries.push_back({{i % 2 == 0 ? Kind::chunk : Kind::tree, sha256(std::to_string(i))},
                       {8 + 100 * i, 100, i % 3 == 0 ? 200u : 100u}});
  return entries;
}

}  // namespace

TEST_CASE("trees: one content, one encoding") {
  const std::string good = encode_tree(sample_tree());
  CHECK(decode_tree(good) == sample_tree());
  auto shuffled = sample_tree();
  std::reverse(shuffled.begin(), shuffled.end());
  CHECK(encode_tree(shuffled) == good);
  CHECK(decode_tree(encode_tree({})).empty());
  // A tree's bytes are checked against its id before; the decoder itself must only take what it would write.
  mutate(good, [&](const std::string& bytes) { return encode_tree(decode_tree(bytes)) == bytes; });
}

TEST_CASE("trees refuse what leads a write elsewhere") {
  for (const std::string name :
       {"", ".", "..", ".git", ".GIT", ".Git", ".mlops", ".MLops", "a/b", "/", ".g\u200cit", ".\uff47it"}) {
    INFO(name);
    CHECK_FALSE(valid_name(name));
    CHECK_THROWS_AS(encode_tree({{name, Mode::file, {}, 0, 1}}), Error);
  }
  CHECK_FALSE(valid_name(std::string("a\0b", 3)));
  for (const char* name : {"a", "...", ".gitignore", ".git2", "git", "\xff\xfe", "Grüße", "-q", "a\nb"})
    CHECK(valid_name(name));
  CHECK_THROWS_AS(encode_tree({{"x", Mode::file, {}, 0, 1}, {"x", Mode::file, {}, 0, 1}}), Error);
  CHECK_THROWS_AS(encode_tree({{"Dir", Mode::directory, {}, 0, 1}, {"dir", Mode::file, {}, 0, 1}}), Error);
  CHECK_THROWS_AS(encode_tree({{"STRASSE", Mode::link, {}, 0, 1}, {"straße", Mode::file, {}, 0, 1}}), Error);
  CHECK_NOTHROW(encode_tree({{"A", Mode::file, {}, 0, 1}, {"a", Mode::file, {}, 0, 1}}));
}

TEST_CASE("links stay inside, also through other links") {
  for (const char* target : {"a", "./a", "a/b", "../a", "..", "../..", "a//b"}) CHECK(target_stays_inside(target, 2));
  for (const char* target : {"", "/", "/a", "../../..", "a/..", "a/../../b", "..//../../a", ".git/hooks", "../.mlops"})
    CHECK_FALSE(target_stays_inside(target, 2));
  CHECK_FALSE(target_stays_inside("..", 0));
}

TEST_CASE("recipes") {
  Recipe recipe{sha256("file"), 0, {}};
  for (std::uint32_t i = 1; i < 6; ++i) {
    recipe.chunks.push_back({sha256(std::to_string(i)), i * 1000});
    recipe.size += i * 1000;
  }
  const std::string good = encode_recipe(recipe);
  mutate(good, [&](const std::string& bytes) {
    return decode_recipe(bytes, recipe.file).chunks == recipe.chunks && bytes == good;
  });
  CHECK_THROWS_AS(decode_recipe(good, sha256("another")), Error);
}

TEST_CASE("pack indexes") {
  const auto image = encode_index(sample_entries(), 5000, sha256("digests"));
  mutate(image.bytes, [&](const std::string& bytes) {
    const PackIndex index(MappedFile::of(bytes), image.name);
    for (const auto& entry : sample_entries())
      if (index.find(entry.key) != entry.extent) return false;
    return index.count() == 9 && index.pack_size() == 5000 && index.checksum() == sha256("digests");
  });
  CHECK_THROWS_AS(PackIndex(MappedFile::of(encode_index(sample_entries(), 50, {}).bytes),
                            encode_index(sample_entries(), 50, {}).name),
                  Error);
}

TEST_CASE("multi-pack indexes") {
  auto entries = sample_entries();
  const auto one = encode_index({entries.begin(), entries.begin() + 5}, 5000, {}),
             two = encode_index({entries.begin() + 3, entries.end()}, 5000, {});
  const PackIndex first(MappedFile::of(one.bytes), one.name), second(MappedFile::of(two.bytes), two.name);
  const std::string good = MultiIndex::encode({{one.name, &first}, {two.name, &second}});
  mutate(good, [&](const std::string& bytes) {
    const MultiIndex index(MappedFile::of(bytes));
    for (const auto& entry : entries) {
      const auto at = index.position(entry.key);
      if (!at || index.at(*at).entry.extent != entry.extent) return false;
    }
    return index.count() == 9;
  });
}

TEST_CASE("payloads decode into exactly their size") {
  const std::string text(100000, 'x');
  std::string frame, plain;
  REQUIRE(compress(as_bytes(text), frame));
  CHECK(frame.size() < 1000);
  CHECK(decompress(frame, text.size(), plain));
  CHECK(plain == text);
  CHECK_FALSE(decompress(frame, text.size() - 1, plain));
  CHECK_FALSE(decompress(frame, text.size() + 1, plain));
  CHECK_FALSE(decompress("junk", 10, plain));
  CHECK_FALSE(compress(as_bytes(noise(100000)), frame));
}

TEST_CASE("a flipped byte in a pack is an error or the right bytes") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "row " + std::to_string(i * i) + "\n";
  const std::vector<std::string> files{"small", text, noise(40000)};
  {
    const auto store = scratch.open();
    const auto writer = store->writer();
    for (const auto& file : files) writer->put_file(as_bytes(file));
    writer->commit();
  }
  fs::path pack;
  for (const auto& entry : fs::directory_iterator(scratch.directory / "packs"))
    if (entry.path().extension() == ".pack") pack = entry.path();
  const std::string good = read_file(pack);
  for (std::size_t at = 0; at < good.size(); at += at < 9000 ? 97 : 1009) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    replace_file(pack, bad, 0600, false);
    const auto store = scratch.open();
    for (const auto& file : files) try {
        const auto bytes = store->read_whole_file(sha256(file));
        REQUIRE(bytes == file);
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::state);
      }
  }
}

TEST_CASE("chunks: the same cuts everywhere, within their bounds") {
  const std::string bytes = noise(8 << 20);
  std::vector<std::size_t> cuts;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = first_chunk(as_bytes(bytes).subspan(at));
    if (at + length < bytes.size()) CHECK((length >= k_chunk_minimum && length <= k_chunk_maximum));
    cuts.push_back(at += length);
  }
  const double average = static_cast<double>(bytes.size()) / static_cast<double>(cuts.size());
  CHECK(average > 45000);
  CHECK(average < 90000);
  // Part of the format: other cuts would store everything again.
  CHECK(cuts[0] == first_chunk(as_bytes(bytes)));
  CHECK(first_chunk(as_bytes(std::string(1 << 20, '\0'))) == k_chunk_maximum);
}

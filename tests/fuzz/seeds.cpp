// fuzz_seeds FOLDER: what this program writes, one folder a format.
#include <fcntl.h>

#include <fstream>
#include <iostream>

#include "base/file.h"
#include "store/compression.h"
#include "store/condemned.h"
#include "store/local_store.h"
#include "store/tree.h"

namespace {

using namespace mlops;
namespace fs = std::filesystem;

constexpr std::size_t k_checksum = 32;

void write(const fs::path& folder, const std::string& format, const std::string& name, std::string_view bytes) {
  fs::create_directories(folder / format);
  std::ofstream(folder / format / name, std::ios::binary) << bytes;
}

std::string without_checksum(const std::string& bytes) { return bytes.substr(0, bytes.size() - k_checksum); }

// Repeats now and then, so that some of it is stored as frames.
std::string some_bytes(std::size_t size, std::uint32_t seed) {
  std::string out;
  while (out.size() < size) {
    seed = seed * 1'664'525 + 1'013'904'223;
    out.append((seed >> 28) + 1, static_cast<char>(seed >> 20));
  }
  out.resize(size);
  return out;
}

store::Tree fill(store::Store& store, bool large) {
  const auto writer = store.writer();
  store::Tree below, tree;
  for (int i = 0; i < 5; ++i) {
    const auto bytes = some_bytes(static_cast<std::size_t>(i) * 37, static_cast<std::uint32_t>(i));
    const auto file = writer->put_file(std::as_bytes(std::span(bytes)));
    below.push_back({"file-" + std::to_string(i) + "-\xc3\xa9",
                     i % 2 == 0 ? store::Mode::file : store::Mode::executable, file.id, file.size, 1});
  }
  const std::string target = "a/file-1";
  below.push_back({"link", store::Mode::link, writer->put_file(std::as_bytes(std::span(target))).id, target.size(), 1});
  std::uint64_t size = 0;
  for (const auto& entry : below) size += entry.size;
  const std::string encoded = store::encode_tree(below);
  tree.push_back({"a", store::Mode::directory, writer->put_tree(encoded), size, below.size()});
  if (large) {
    const auto bytes = some_bytes(300'000, 9);
    const auto file = writer->put_file(std::as_bytes(std::span(bytes)));
    tree.push_back({"large", store::Mode::file, file.id, file.size, 1});
    writer->put_record(R"({"type":"event","version":1})");
  }
  writer->put_tree(store::encode_tree(tree));
  writer->commit();
  return tree;
}

void write_packs(const fs::path& out, const store::LocalStore& store) {
  for (const auto& pack : store.packs()->packs()) {
    const std::string name = pack->name().brief(),
                      index = without_checksum(read_file(store.layout().index(pack->name()))),
                      bytes = read_file(pack->file());
    write(out, "index", name, index);
    std::string both;
    both.push_back(static_cast<char>(index.size() & 0xff));
    both.push_back(static_cast<char>(index.size() >> 8));
    if (bytes.size() < 60'000) write(out, "pack", name, both + index + bytes);
  }
}

void write_plain_index(const fs::path& out) {
  const store::PackEntry first{{store::Kind::chunk, sha256(std::string_view("a"))}, {0, 70'000, 70'000}};
  const store::PackEntry second{{store::Kind::chunk, sha256(std::string_view("b"))}, {70'000, 500, 500}};
  write(out, "index", "plain",
        without_checksum(
            store::encode_plain_index({first, second, first}, 140'500, sha256(std::string_view("aba"))).bytes));
}

void write_objects(const fs::path& out, const store::LocalStore& store) {
  store.for_each(store::Kind::tree,
                 [&](const Id& id) { write(out, "tree", id.brief(), store.get(store::Kind::tree, id)); });
  store.for_each(store::Kind::file, [&](const Id& id) {
    write(out, "recipe", id.brief(), without_checksum(store.get(store::Kind::file, id)));
  });
}

void write_frames(const fs::path& out) {
  for (const std::size_t size : {100, 1000, 20'000}) {
    std::string frame;
    const auto plain = some_bytes(size, 5) + std::string(200, 'x');
    if (!store::compress(std::as_bytes(std::span(plain)), frame)) continue;
    const auto length = plain.size();
    std::string head;
    for (const int shift : {0, 8, 16}) head.push_back(static_cast<char>(length >> shift));
    write(out, "zstd", std::to_string(size), head + frame);
  }
}

void write_texts(const fs::path& out) {
  const std::string hex = sha256(std::string_view("x")).hex();
  write(out, "pointer", "tree", "mlops: 1\ntree: " + hex + "\nsize: 12\nfiles: 3\n");
  write(out, "pointer", "file", "mlops: 1\nfile: " + hex + "\nsize: 12\nowner: me\nfrom:\n  - url: x\n");
  write(out, "listing", "one",
        R"({"items":[{"name":"packs/)" + hex + R"(.index","size":9},{"name":"journal/)" + hex.substr(0, 32) +
            R"(/00000001","size":80}],"condemned":[{"name":"condemned/)" + hex +
            R"(","size":99}],"type":"listing","version":1})");
  write(out, "condemned_packs", "one",
        R"({"condemned":[")" + hex + R"("],"deleted":[")" + hex +
            R"("],"time":"2026-01-03T12:00:30.250000Z","type":"condemned","version":1})");
  write(out, "push_note", "one",
        R"({"clone":")" + hex.substr(0, 32) + R"(","commits":[")" + hex.substr(0, 40) + R"("],"committed":[")" + hex +
            R"("],"records":[],"time":"2026-01-03T12:00:30.250000Z","type":"push","uncommitted":[")" + hex +
            R"("],"version":1})");
  write(out, "journal", "one",
        R"({"records":[")" + hex + R"("],"time":"2026-01-03T12:00:30.250000Z","type":"journal","version":1})");
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "fuzz_seeds FOLDER\n";
    return 2;
  }
  const fs::path out = fs::absolute(words[1]), state = out / "state";
  for (const bool large : {false, true}) {
    fs::remove_all(state);
    fs::create_directories(state);
    store::Store::create(state / "store");
    store::LocalStore store(state / "store");
    const auto tree = fill(store, large);
    write_packs(out, store);
    write_objects(out, store);
    store.write_multi_index();
    write(out, "multi_index", large ? "large" : "small", without_checksum(read_file(store.layout().multi_index())));
    std::vector<store::Condemned::Entry> entries;
    for (const auto& entry : tree) entries.push_back({{store::Kind::tree, entry.id}, 1'767'441'630'000'000});
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    std::vector<store::Condemned::Seen> seen;
    for (const auto& pack : store.packs()->packs())
      if (const auto one = store::Condemned::look(store.layout(), pack->name())) seen.push_back(*one);
    store::Condemned(std::move(entries), std::move(seen)).save(store.layout());
    write(out, "condemned", large ? "large" : "small", without_checksum(read_file(store.layout().condemned())));
  }
  write_plain_index(out);
  write_frames(out);
  write_texts(out);
  fs::remove_all(state);
  return 0;
}

#include "store/remote/sftp.h"

#include <fcntl.h>

#include <deque>

#include "base/error.h"
#include "base/piped_process.h"
#include "base/text.h"

namespace mlops::store {
namespace {

enum : std::uint8_t {
  k_init = 1,
  k_version = 2,
  k_open = 3,
  k_close = 4,
  k_read = 5,
  k_write = 6,
  k_lstat = 7,
  k_opendir = 11,
  k_readdir = 12,
  k_remove = 13,
  k_mkdir = 14,
  k_rename = 18,
  k_status = 101,
  k_handle = 102,
  k_data = 103,
  k_names = 104,
  k_attributes = 105,
  k_extended = 200
};
enum : std::uint32_t { k_flag_read = 1, k_flag_write = 2, k_flag_create = 8, k_flag_exclusive = 32 };
enum : std::uint32_t { k_has_size = 1, k_has_owner = 2, k_has_mode = 4, k_has_times = 8 };
enum : std::uint32_t { k_fine = 0, k_end = 1, k_no_such_file = 2 };

constexpr std::size_t k_piece = 32 << 10;          // of data in one packet: what every server takes
constexpr std::size_t k_in_flight = 64;            // packets asked for before the first answer
constexpr std::uint32_t k_packet_limit = 1 << 20;  // of an answer
constexpr std::size_t k_most_entries = 2'000'000;  // of a directory
constexpr int k_most_empty = 100;                  // answers without an entry, one after the other

void put32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}
void put64(std::string& out, std::uint64_t value) {
  put32(out, static_cast<std::uint32_t>(value >> 32));
  put32(out, static_cast<std::uint32_t>(value));
}
void put_text(std::string& out, std::string_view text) {
  put32(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}
std::string text_of(std::string_view text) {
  std::string out;
  put_text(out, text);
  return out;
}

// Reads what a server sent; a length beyond the packet is the server's fault.
class Body {
 public:
  explicit Body(std::string_view bytes) : bytes_(bytes) {}
  std::uint32_t number() {
    const std::string_view four = take(4);
    std::uint32_t out = 0;
    for (const char c : four) out = out << 8 | static_cast<std::uint8_t>(c);
    return out;
  }
  std::uint64_t long_number() {
    const std::uint64_t high = number();
    return high << 32 | number();
  }
  std::string_view text() { return take(number()); }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw outside_error("the SFTP server sent an answer that makes no sense");
    const auto out = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return out;
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

struct Attributes {
  std::uint64_t size = 0;
  std::uint32_t mode = 0, modified = 0;
};

Attributes attributes(Body& body) {
  Attributes out;
  const std::uint32_t flags = body.number();
  if (flags & k_has_size) out.size = body.long_number();
  if (flags & k_has_owner) body.take(8);
  if (flags & k_has_mode) out.mode = body.number();
  if (flags & k_has_times) {
    body.number();  // when it was last read
    out.modified = body.number();
  }
  if (flags & 0x80000000U)
    for (std::uint32_t i = 0, count = body.number(); i < count; ++i) {
      body.text();
      body.text();
    }
  return out;
}

}  // namespace

Sftp::Sftp(std::vector<std::string> command, std::string name)
    : name_(std::move(name)), process_(std::make_unique<PipedProcess>(std::move(command))) {
  std::string hello;
  put32(hello, 5);
  hello.push_back(static_cast<char>(k_init));
  put32(hello, 3);
  process_->write(hello);
  const std::string answer = packet();
  Body body(answer);
  if (static_cast<std::uint8_t>(body.take(1)[0]) != k_version || body.number() < 3)
    throw outside_error(printable(name_) + " does not speak SFTP version 3");
  while (!body.empty()) {
    const auto extension = body.text();
    body.text();
    can_sync_ = can_sync_ || extension == "fsync@openssh.com";
  }
}

Sftp::~Sftp() = default;

std::string Sftp::packet() {
  const std::string head = process_->read(4);
  const std::uint32_t length = Body(head).number();
  if (length == 0 || length > k_packet_limit)
    throw outside_error(printable(name_) + " does not speak SFTP: does its login print something?");
  return process_->read(length);
}

std::uint32_t Sftp::send(std::uint8_t type, std::string_view body) {
  const std::uint32_t id = next_id_++;
  std::string out;
  put32(out, static_cast<std::uint32_t>(body.size() + 5));
  out.push_back(static_cast<char>(type));
  put32(out, id);
  out += body;
  process_->write(out);
  return id;
}

Sftp::Answer Sftp::receive(std::uint32_t id) {
  for (auto early = early_.find(id); early == early_.end(); early = early_.find(id)) {
    const std::string bytes = packet();
    Body body(bytes);
    Answer answer{static_cast<std::uint8_t>(body.take(1)[0]), {}};
    const std::uint32_t whose = body.number();
    answer.body = bytes.substr(5);
    if (whose == id) return answer;
    if (early_.size() > 4 * k_in_flight) throw outside_error(printable(name_) + " answers what was not asked");
    early_[whose] = std::move(answer);
  }
  return std::move(early_.extract(id).mapped());
}

std::uint32_t Sftp::status(const Answer& answer) const {
  if (answer.type != k_status)
    throw outside_error(printable(name_) + " sent an SFTP answer of another kind than was asked for");
  return Body(answer.body).number();
}

void Sftp::fail(const std::string& doing, const Answer& answer) const {
  Body body(answer.body);
  std::string text = "an answer of another kind";
  if (answer.type == k_status) {
    body.number();
    text = std::string(body.text());
  }
  throw outside_error("cannot " + doing + " on " + printable(name_) + ": " + printable(text));
}

std::string Sftp::open(const std::string& path, std::uint32_t flags, bool& missing) {
  std::string body = text_of(path);
  put32(body, flags);
  put32(body, 0);  // no attributes
  const Answer answer = ask(k_open, body);
  missing = answer.type == k_status && status(answer) == k_no_such_file;
  if (missing) return "";
  if (answer.type != k_handle) fail("open \"" + printable(path) + "\"", answer);
  return std::string(Body(answer.body).text());
}

void Sftp::close(const std::string& handle) {
  const Answer answer = ask(k_close, text_of(handle));
  if (status(answer) != k_fine) fail("close a file", answer);
}

bool Sftp::list(const std::string& directory, std::vector<Entry>& out) {
  const Answer opened = ask(k_opendir, text_of(directory));
  if (opened.type == k_status && status(opened) == k_no_such_file) return false;
  if (opened.type != k_handle) fail("list \"" + printable(directory) + "\"", opened);
  const std::string handle(Body(opened.body).text());
  int empty = 0;
  while (true) {
    const Answer answer = ask(k_readdir, text_of(handle));
    if (answer.type == k_status && status(answer) == k_end) break;
    if (answer.type != k_names) fail("list \"" + printable(directory) + "\"", answer);
    Body body(answer.body);
    const std::uint32_t count = body.number();
    empty = count == 0 ? empty + 1 : 0;
    if (out.size() > k_most_entries || empty > k_most_empty)
      throw outside_error("the list of " + printable(name_) + " does not end",
                          "what answers there is no sound SFTP server");
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string name(body.text());
      body.text();  // the line of `ls -l`
      const Attributes info = attributes(body);
      if (name != "." && name != "..")
        out.push_back(
            {name, info.size, info.modified, (info.mode & 0170000) == 0040000, (info.mode & 0170000) == 0100000});
    }
  }
  close(handle);
  return true;
}

bool Sftp::exists(const std::string& path) {
  const Answer answer = ask(k_lstat, text_of(path));
  if (answer.type == k_attributes) return true;
  if (status(answer) != k_no_such_file) fail("look at \"" + printable(path) + "\"", answer);
  return false;
}

bool Sftp::read(const std::string& path, std::uint64_t offset, std::uint64_t length, std::string& out) {
  bool missing = false;
  const std::string handle = open(path, k_flag_read, missing);
  if (missing) return false;
  out.clear();
  out.reserve(length);
  struct Piece {
    std::uint32_t id, length;
    std::uint64_t offset;
  };
  std::deque<Piece> asked;
  const auto request = [&](std::uint64_t at, std::uint32_t bytes) {
    std::string body = text_of(handle);
    put64(body, at);
    put32(body, bytes);
    asked.push_back({send(k_read, body), bytes, at});
  };
  std::uint64_t next = 0;
  bool end = false;
  while (!end && (next < length || !asked.empty())) {
    while (next < length && asked.size() < k_in_flight) {
      const auto bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(k_piece, length - next));
      request(offset + next, bytes);
      next += bytes;
    }
    const Piece piece = asked.front();
    asked.pop_front();
    const Answer answer = receive(piece.id);
    if (answer.type == k_status && status(answer) == k_end) {
      end = true;
      continue;
    }
    if (answer.type != k_data) fail("read \"" + printable(path) + "\"", answer);
    Body body(answer.body);
    const std::string_view data = body.text();
    if (data.empty() || data.size() > piece.length) fail("read \"" + printable(path) + "\"", answer);
    out += data;
    // A server may give less than was asked for: the rest is asked for at once, before what was asked for behind it.
    for (std::uint32_t have = static_cast<std::uint32_t>(data.size()); have < piece.length;) {
      std::string rest = text_of(handle);
      put64(rest, piece.offset + have);
      put32(rest, piece.length - have);
      const Answer more = ask(k_read, rest);
      if (more.type != k_data) {
        end = true;
        break;
      }
      const std::string_view bytes = Body(more.body).text();
      if (bytes.empty() || bytes.size() > piece.length - have) fail("read \"" + printable(path) + "\"", more);
      out += bytes;
      have += static_cast<std::uint32_t>(bytes.size());
    }
  }
  for (const auto& piece : asked) receive(piece.id);
  close(handle);
  return true;
}

template <class Next>
void Sftp::write_from(const std::string& path, const Next& next) {
  bool missing = false;
  const std::string handle = open(path, k_flag_write | k_flag_create | k_flag_exclusive, missing);
  if (missing)
    throw outside_error("cannot write \"" + printable(path) + "\" on " + printable(name_) +
                        ": there is no such folder");
  std::deque<std::uint32_t> asked;
  std::uint64_t offset = 0;
  const auto settle = [&](std::size_t most) {
    while (asked.size() > most) {
      const Answer answer = receive(asked.front());
      asked.pop_front();
      if (status(answer) != k_fine) fail("write \"" + printable(path) + "\"", answer);
    }
  };
  for (std::string_view piece = next(); !piece.empty(); piece = next()) {
    std::string body = text_of(handle);
    put64(body, offset);
    put_text(body, piece);
    asked.push_back(send(k_write, body));
    offset += piece.size();
    settle(k_in_flight);
  }
  settle(0);
  if (can_sync_) {
    const Answer answer = ask(k_extended, text_of("fsync@openssh.com") + text_of(handle));
    if (status(answer) != k_fine) fail("sync \"" + printable(path) + "\"", answer);
  }
  close(handle);
}

void Sftp::write(const std::string& path, const fs::path& file) {
  const Fd fd = open_file(file, O_RDONLY | O_NOFOLLOW);
  std::string buffer(k_piece, '\0');
  write_from(path, [&] {
    return std::string_view(buffer.data(), read_some(fd.get(), std::as_writable_bytes(std::span(buffer)), file));
  });
}

void Sftp::write(const std::string& path, std::string_view bytes) {
  write_from(path, [&] {
    const std::string_view piece = bytes.substr(0, k_piece);
    bytes.remove_prefix(piece.size());
    return piece;
  });
}

// OpenSSH renames by link and unlink, so an existing file stays; others refuse by the protocol's word.
bool Sftp::rename(const std::string& from, const std::string& to) {
  const Answer answer = ask(k_rename, text_of(from) + text_of(to));
  if (status(answer) == k_fine) return true;
  if (exists(to)) return false;
  fail("rename \"" + printable(from) + "\"", answer);
}

void Sftp::remove(const std::string& path) {
  const Answer answer = ask(k_remove, text_of(path));
  if (status(answer) != k_fine && status(answer) != k_no_such_file) fail("remove \"" + printable(path) + "\"", answer);
}

void Sftp::make_directory(const std::string& path) {
  if (path.empty() || exists(path)) return;
  const auto slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) make_directory(path.substr(0, slash));
  std::string body = text_of(path);
  put32(body, 0);
  const Answer answer = ask(k_mkdir, body);
  if (status(answer) != k_fine && !exists(path)) fail("make \"" + printable(path) + "\"", answer);
}

}  // namespace mlops::store

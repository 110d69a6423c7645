#include "web/encoding.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "web/http.h"

namespace mlops::web {
namespace {

constexpr int k_gzip_window = 15 + 16;
constexpr int k_zlib_window = 15;
constexpr std::size_t k_piece = 64 * 1024;

int window(Coding coding) { return coding == Coding::gzip ? k_gzip_window : k_zlib_window; }

Refusal broken() { return {400, "failed to decompress the request body"}; }

// "gzip;q=0.5" → 0.5; 1 without q, 0 where it can't be read.
double quality(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return 1;
  const std::string text(parameters.substr(at + 2, 5));
  return std::clamp(std::strtod(text.c_str(), nullptr), 0.0, 1.0);
}

class Inflater {
 public:
  explicit Inflater(Coding coding) {
    if (inflateInit2(&stream_, window(coding)) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Decodes one stream from the front of `rest`, appending to `out`.
  void stream(std::string_view& rest, std::string& out, std::uint64_t limit) {
    inflateReset(&stream_);
    int state = Z_OK;
    while (state != Z_STREAM_END) {
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(rest.size(), 1u << 30));
      const uInt given = stream_.avail_in;
      state = piece(out, limit);
      rest.remove_prefix(given - stream_.avail_in);
      if (state == Z_BUF_ERROR || (state == Z_OK && rest.empty() && stream_.avail_out > 0)) throw broken();
    }
  }

 private:
  int piece(std::string& out, std::uint64_t limit) {
    const std::size_t before = out.size();
    out.resize(before + k_piece);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_.avail_out = k_piece;
    const int state = inflate(&stream_, Z_NO_FLUSH);
    out.resize(out.size() - stream_.avail_out);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) throw broken();
    if (out.size() > limit) throw Refusal(413, "the decompressed body is larger than " + show_size(limit));
    return state;
  }
  z_stream stream_{};
};

}  // namespace

Coding request_coding(std::string_view content_encoding) {
  const std::string_view name = trim(content_encoding);
  if (name.empty() || equal_names(name, "identity")) return Coding::identity;
  if (equal_names(name, "gzip") || equal_names(name, "x-gzip")) return Coding::gzip;
  if (equal_names(name, "deflate")) return Coding::deflate;
  throw Refusal(501, "the content encoding '" + to_utf8(name.substr(0, 100)) + "' is not supported");
}

Coding response_coding(std::string_view accept_encoding) {
  Coding best = Coding::identity;
  double best_quality = 0, identity_quality = 0;
  for (const auto& item : split(accept_encoding, ',')) {
    const std::string_view text = item;
    const std::string_view name = trim(text.substr(0, text.find(';')));
    const double q = quality(text.substr(std::min(text.find(';'), text.size())));
    if (equal_names(name, "identity")) identity_quality = q;
    const bool ours = equal_names(name, "gzip") || equal_names(name, "deflate");
    if (!ours || q <= best_quality) continue;
    best = equal_names(name, "gzip") ? Coding::gzip : Coding::deflate;
    best_quality = q;
  }
  return identity_quality > best_quality ? Coding::identity : best;
}

const char* to_text(Coding coding) {
  return coding == Coding::gzip ? "gzip" : coding == Coding::deflate ? "deflate" : "identity";
}

std::string decode(Coding coding, std::string_view bytes, std::uint64_t limit) {
  if (coding == Coding::identity) return std::string(bytes);
  if (bytes.empty()) throw broken();
  Inflater inflater(coding);
  std::string out;
  do inflater.stream(bytes, out, limit);
  while (coding == Coding::gzip && !bytes.empty());  // gzip files may be put end to end
  if (!bytes.empty()) throw broken();
  return out;
}

std::string encode(Coding coding, std::string_view bytes) {
  if (coding == Coding::identity) return std::string(bytes);
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, window(coding), 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int state = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (state != Z_STREAM_END) throw state_error("the answer can't be compressed");
  return out;
}

std::uint32_t crc_32(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace mlops::web

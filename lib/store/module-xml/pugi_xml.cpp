#include <charconv>
#include <pugixml.hpp>

#include "base/error.h"
#include "base/module.h"
#include "store/remote/s3_xml.h"

namespace mlops::store {
namespace {

constexpr unsigned k_options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol;  // no document types
constexpr std::size_t k_longest_text = 4096;  // of a key (1,024 bytes, perhaps encoded) or a token

Error unreadable(const std::string& why) { return outside_error("the list is not as S3 writes it: " + why); }

bool load(pugi::xml_document& document, std::string_view xml) {
  return xml.size() <= k_s3_answer_limit &&
         document.load_buffer(xml.data(), xml.size(), k_options, pugi::encoding_utf8);
}

std::string text_of(const pugi::xml_node& node, const char* name) {
  std::string out = node.child_value(name);
  if (out.size() > k_longest_text)
    throw unreadable(std::string(name) + " has " + std::to_string(out.size()) + " characters");
  return out;
}

int digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool code = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += code ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i] == '+' ? ' ' : text[i];
    if (code) i += 2;
  }
  return out;
}

std::uint64_t size_of(const std::string& text) {
  std::uint64_t out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size())
    throw unreadable("a size is no number");
  return out;
}

class PugiXml : public S3Xml {
 public:
  [[nodiscard]] S3ListPage list(std::string_view xml) const override {
    pugi::xml_document document;
    if (!load(document, xml)) throw unreadable("it is no XML");
    const pugi::xml_node root = document.child("ListBucketResult");
    if (!root) throw unreadable("it has no ListBucketResult");
    const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
    S3ListPage out;
    for (const auto& item : root.children("Contents")) {
      if (out.objects.size() == k_s3_page_keys) throw unreadable("a page has more keys than were asked for");
      const std::string key = text_of(item, "Key");
      out.objects.push_back({encoded ? decoded(key) : key, size_of(text_of(item, "Size"))});
    }
    out.truncated = std::string_view(root.child_value("IsTruncated")) == "true";
    out.next_token = text_of(root, "NextContinuationToken");
    if (out.truncated && out.next_token.empty()) throw unreadable("it is cut without saying how to go on");
    return out;
  }

  [[nodiscard]] S3Problem error(std::string_view xml) const override {
    pugi::xml_document document;
    if (!load(document, xml)) return {};
    const pugi::xml_node root = document.child("Error");
    return {text_of(root, "Code"), text_of(root, "Region")};
  }

  [[nodiscard]] std::string upload_id(std::string_view xml) const override {
    pugi::xml_document document;
    return load(document, xml) ? text_of(document.child("InitiateMultipartUploadResult"), "UploadId") : "";
  }
};

PugiXml g_library;

}  // namespace
}  // namespace mlops::store

MLOPS_MODULE(static_cast<mlops::store::S3Xml&>(mlops::store::g_library))

// The XML of S3's answers, read as hostile: no entities or document types are expanded, every number and count is
// bounded. pugixml does it, in a module that is opened on first use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlops::store {

struct S3ListPage {
  struct Object {
    std::string key;
    std::uint64_t size = 0;
  };
  std::vector<Object> objects;
  bool truncated = false;
  std::string next_token;  // of a truncated page
};

struct S3Problem {
  std::string code, region;  // "" = not said
};

inline constexpr std::size_t k_s3_page_keys = 1000;          // that a page may have
inline constexpr std::uint64_t k_s3_answer_limit = 4 << 20;  // bytes of XML that are taken

// Throws Error(outside) "… is not …" without a name; the caller says which server.
S3ListPage parse_s3_list(std::string_view xml);
// Without a code where it is no error document.
S3Problem parse_s3_error(std::string_view xml);
// "" where there is none.
std::string parse_s3_upload_id(std::string_view xml);

// The seam of the module "xml".
class S3Xml {
 public:
  virtual ~S3Xml() = default;
  [[nodiscard]] virtual S3ListPage list(std::string_view xml) const = 0;
  [[nodiscard]] virtual S3Problem error(std::string_view xml) const = 0;
  [[nodiscard]] virtual std::string upload_id(std::string_view xml) const = 0;
};

}  // namespace mlops::store

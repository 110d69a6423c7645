#include "store/remote/s3_xml.h"

#include "base/module.h"

namespace mlops::store {
namespace {

const S3Xml& library() {
  static const auto* const k_library = static_cast<const S3Xml*>(open_module("xml"));
  return *k_library;
}

}  // namespace

S3ListPage parse_s3_list(std::string_view xml) { return library().list(xml); }
S3Problem parse_s3_error(std::string_view xml) { return library().error(xml); }
std::string parse_s3_upload_id(std::string_view xml) { return library().upload_id(xml); }

}  // namespace mlops::store

#include "train/file_tree.h"

namespace mlops::train {

store::ObjectRef put_file_tree(store::Writer& writer, const std::map<std::string, store::TreeEntry>& files) {
  std::map<std::string, std::map<std::string, store::TreeEntry>> below;
  store::Tree tree;
  store::ObjectRef out{store::Kind::tree, {}, 0, 0};
  for (const auto& [path, file] : files) {
    const auto slash = path.find('/');
    if (slash != std::string::npos) {
      below[path.substr(0, slash)][path.substr(slash + 1)] = file;
      continue;
    }
    tree.push_back(file);
    tree.back().name = path;
    out.size += file.size;
    out.files += 1;
  }
  for (const auto& [name, inside] : below) {
    const store::ObjectRef sub = put_file_tree(writer, inside);
    tree.push_back({name, store::Mode::directory, sub.id, sub.size, sub.files});
    out.size += sub.size;
    out.files += sub.files;
  }
  out.id = writer.put_tree(store::encode_tree(std::move(tree)));
  return out;
}

}  // namespace mlops::train

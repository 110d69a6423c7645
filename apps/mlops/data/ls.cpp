#include "base/text.h"
#include "commands.h"
#include "data/beneath.h"
#include "data/data_text.h"
#include "data/revision.h"
#include "data/whole.h"

namespace mlops {
namespace {

struct Options {
  std::string name;
  bool recursive = false;
};

class Listing {
 public:
  Listing(const store::Store& store, bool recursive) : store_(store), recursive_(recursive) {}

  void add(const std::string& path, const store::TreeEntry& entry) {
    Json json{{"mode", mode_name(entry.mode)}, {"id", entry.id.hex()}, {"size", entry.size}, {"files", entry.files}};
    put_path(json, path);
    list.push_back(json);
    const bool directory = entry.mode == store::Mode::directory;
    table.rows.push_back({Text(mode_name(entry.mode), Style::dim), entry.id.brief(), show_size(entry.size),
                          directory ? path + "/" : path});
    if (directory && recursive_) add_below(path, entry.id);
  }
  void add_below(const std::string& path, const Id& tree) {
    for (const auto& entry : data::read_tree(store_, tree)) add(data::join_path(path, entry.name), entry);
  }

  Table table{{{"mode"}, {"id"}, {"size", true}, {"name"}}, {}};
  Json list = Json::array();

 private:
  const store::Store& store_;
  bool recursive_;
};

// A word that is a path or an id here is that.
bool is_revision(data::Repository& repository, const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789abcdef") != std::string::npos &&
         name.find(':') == std::string::npos && !data::is_path_here(name) && data::is_revision(repository, name);
}

}  // namespace

Run define_data_ls(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "PATH, REV, REV:PATH or an id (default: every versioned path)");
  app.add_flag("-r,--recursive", options->recursive, "also what is in directories below");
  return [options](Context& context) {
    const auto repository = data::Repository::open();
    std::map<std::string, Error> broken;
    Listing listing(repository->store(), options->recursive);
    const bool revision = is_revision(*repository, options->name);
    if (options->name.empty() || revision) {
      for (const auto& [path, object] :
           revision ? data::pointers_of(*repository, options->name) : data::pointers_here(*repository, broken))
        listing.add(path, {path, object.kind == store::Kind::tree ? store::Mode::directory : store::Mode::file,
                           object.id, object.size, object.files});
    } else {
      const auto located = data::locate(*repository, options->name);
      if (located.mode == store::Mode::directory)
        listing.add_below("", located.object.id);
      else
        listing.add(located.path.empty() ? located.name : data::split_path(located.path).second,
                    {"", located.mode, located.object.id, located.object.size, 1});
    }
    if (context.out.json())
      context.out.value(listing.list);
    else
      context.out.table(listing.table);
    end_with(context.out, broken);
    return k_exit_done;
  };
}

}  // namespace mlops

#include "base/text.h"
#include "commands.h"
#include "data/data_text.h"
#include "data/usage.h"

namespace mlops {
namespace {

struct Options {
  std::vector<std::string> names;
  bool all = false;
};

void add_pointers(const std::map<std::string, data::ObjectRef>& pointers, const std::string& prefix,
                  std::vector<data::Located>& out) {
  for (const auto& [path, object] : pointers) {
    const auto mode = object.kind == store::Kind::tree ? store::Mode::directory : store::Mode::file;
    out.push_back({object, mode, path, prefix + path});
  }
}

std::vector<data::Located> asked(data::Repository& repository, const Options& options,
                                 std::map<std::string, Error>& broken) {
  if (options.all) return data::all_versions(repository);
  std::vector<data::Located> out;
  if (options.names.empty()) add_pointers(data::pointers_here(repository, broken), "", out);
  for (const auto& name : options.names) {
    std::error_code ignored;
    const bool revision = !fs::exists(name, ignored) && !fs::exists(name + ".mlops", ignored) &&
                          name.find(':') == std::string::npos && data::is_revision(repository, name);
    if (revision)
      add_pointers(data::pointers_of(repository, name), name + ":", out);
    else
      out.push_back(data::locate(repository, name));
  }
  return out;
}

Json to_json(const data::Usage& one) {
  Json json{{"name", to_utf8(one.name)}, {"id", one.object.id.hex()}, {"logical", one.object.size},
            {"files", one.object.files}, {"stored", one.stored},      {"unique", one.unique},
            {"shared", one.shared},      {"absent", one.absent}};
  return json;
}

Table table_of(const data::UsageReport& report) {
  Table table{{{"logical", true}, {"stored", true}, {"unique", true}, {"shared", true}, {"id", false, 1}, {"version"}},
              {}};
  for (const auto& one : report.versions)
    table.rows.push_back({show_size(one.object.size), show_size(one.stored), show_size(one.unique),
                          show_size(one.shared), Text(one.object.id.brief(), Style::dim),
                          Text(one.name) + (one.absent > 0 ? Text("  not all here", Style::warn) : Text(""))});
  table.rows.push_back(
      {show_size(report.logical), show_size(report.stored), "", "", "", Text("together", Style::bold)});
  return table;
}

}  // namespace

Run define_data_du(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->names,
                 "PATH, REV:PATH, an id, or REV for all its paths (default: every versioned path)");
  app.add_flag("-a,--all", options->all, "every version that the work tree and git's history name");
  return [options](Context& context) {
    if (options->all && !options->names.empty()) throw usage_error("--all goes without names", "mlops data du --all");
    const auto repository = data::Repository::open();
    std::map<std::string, Error> broken;
    const auto report = data::usage(*repository, asked(*repository, *options, broken));
    if (context.out.json()) {
      Json versions = Json::array();
      for (const auto& one : report.versions) versions.push_back(to_json(one));
      context.out.value({{"versions", versions}, {"logical", report.logical}, {"stored", report.stored}});
    } else {
      context.out.table(table_of(report));
    }
    end_with(context.out, broken);
    return k_exit_done;
  };
}

}  // namespace mlops

#include "base/text.h"
#include "commands.h"
#include "data/author.h"
#include "monitor/answers.h"
#include "monitor/labels.h"
#include "table_input.h"

namespace mlops {
namespace {

struct Options {
  std::string model, file;
  monitor::LabelColumns columns;
};

constexpr std::size_t k_named = 5;

Json to_json(const std::string& model, const monitor::LabelBatch& batch, const monitor::KeptLabels& kept,
             const std::vector<std::string>& unknown) {
  return {{"model", model},
          {"labels", batch.requests.size()},
          {"record", kept.record.hex()},
          {"unchanged", kept.unchanged},
          {"without_label", batch.without},
          {"repeated", batch.repeated},
          {"unknown", unknown.size()},
          {"unknown_requests", std::vector<std::string>(
                                   unknown.begin(), unknown.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                          unknown.size(), 100)))}};
}

void say_unknown(Output& out, const std::vector<std::string>& unknown) {
  if (unknown.empty()) return;
  std::vector<std::string> named(unknown.begin(),
                                 unknown.begin() + static_cast<std::ptrdiff_t>(std::min(unknown.size(), k_named)));
  out.note(fmt::format("{} request{} not in the traffic (yet): {}{}", unknown.size(), unknown.size() == 1 ? "" : "s",
                       join(named, ", "), unknown.size() > k_named ? ", …" : ""));
}

}  // namespace

Run define_monitor_label(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->model, "the model that was asked")->required();
  app.add_option("FILE", options->file, "CSV, TSV, JSON lines, Parquet or Arrow")->required();
  app.add_option("--id-column", options->columns.id, "the column with request ids (request_id)")->type_name("NAME");
  app.add_option("--label-column", options->columns.label, "the column with what was true (label)")->type_name("NAME");
  auto* row = app.add_option("--row-column", options->columns.row,
                             "the column with the row within the request, from 0 (row; without it 0)");
  row->type_name("NAME");
  return [options, row](Context& context) {
    Output& out = context.out;
    options->columns.row_asked = row->count() > 0;
    const auto repository = open_repository(context);
    const auto model = monitored_model(*repository, options->model);
    const std::string& name = model.version.name;
    const auto table = read_named_table(options->file, {}).table;
    const auto batch = monitor::label_batch(table, options->columns, "\"" + printable(options->file) + "\"");
    const auto kept = monitor::keep_labels(*repository, name, batch, fs::path(options->file).filename().string(),
                                           data::author(*repository));
    const auto unknown = monitor::unknown_requests(batch, traffic_rows(*repository, {model.version, true, {}}, 0));
    if (out.json()) out.value(to_json(name, batch, kept, unknown));
    if (kept.unchanged)
      out.line(fmt::format("{}  unchanged ({})", name, kept.record.brief()));
    else
      out.line(fmt::format("{}  {} labels → {}", name, show_count(batch.requests.size()), kept.record.brief()));
    if (batch.without > 0) out.note(fmt::format("{} lines without a label were passed over", batch.without));
    if (batch.repeated > 0) out.note(fmt::format("{} lines were replaced by a later one of the file", batch.repeated));
    say_unknown(out, unknown);
    return k_exit_done;
  };
}

}  // namespace mlops

#include "serve/predict.h"

#include <fmt/format.h>

#include <mutex>

#include "base/file.h"
#include "base/text.h"
#include "commands.h"
#include "data/repository.h"
#include "serve/sources.h"

namespace mlops {
namespace {

struct Options {
  std::string model, input, output, load_timeout = "2s";
  bool only = false;
};

std::unique_ptr<serve::Model> load(const Options& options) {
  const auto limit = parse_duration(options.load_timeout);
  if (!limit || *limit <= 0) throw usage_error("\"" + options.load_timeout + "\" is not a duration", "write 2s or 1m");
  serve::LoadLimits limits;
  limits.time = *limit;
  if (!serve::names_registry(options.model)) return serve::file_source(options.model, "")->load(limits);
  std::mutex mutex;
  const auto repository = data::Repository::open();
  return serve::registry_source(*repository, mutex, options.model, "")->load(limits);
}

enum class Format { csv, tsv, parquet };

Format format_of(const std::string& output) {
  const auto extension = fs::path(output).extension();
  if (output.empty() || extension == ".csv") return Format::csv;
  if (extension == ".tsv") return Format::tsv;
  if (extension == ".parquet") return Format::parquet;
  throw usage_error("the format of \"" + printable(output) + "\" can't be told",
                    "end its name in .csv, .tsv or .parquet");
}

std::string encode(const table::Table& table, Format format) {
  if (format == Format::parquet) return table::write_parquet(table);
  return table::write_csv(table, format == Format::tsv ? '\t' : ',');
}

}  // namespace

Run define_predict(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("MODEL", options->model, "NAME@ALIAS, NAME:NUMBER or FILE.onnx")->required();
  app.add_option("IN", options->input, "a CSV or Parquet file")->required();
  app.add_option("-o,--output", options->output, "where to write (CSV on standard output)")->type_name("OUT");
  app.add_flag("--only", options->only, "just the predictions, without the columns that were given");
  app.add_option("--load-timeout", options->load_timeout, "how long the model may take to load (2s)")
      ->type_name("TIME");
  return [options](Context& context) {
    const std::stop_token stop = interrupt_token();
    const Format format = format_of(options->output);  // before the work, not after it
    const auto source = table::open_source(options->input);
    const auto model = load(*options);
    const table::Table table = table::read_table(*source);
    const table::Table scored = serve::predict(*model, table, {options->only, &context.out.progress(), stop});
    const std::string bytes = encode(scored, format);
    if (stop.stop_requested()) return k_exit_done;  // nothing was written; main tells the signal
    const std::string label = model->name + ":" + model->version;
    if (options->output.empty()) {
      context.out.raw(bytes);
    } else {
      replace_file(options->output, bytes, 0644, false);
      if (context.out.json())
        context.out.value({{"output", options->output}, {"rows", scored.rows}, {"model", label}});
      else
        context.out.line(Text(options->output, Style::bold) +
                         Text(fmt::format("  {} rows by {}", show_count(scored.rows), label)));
    }
    return k_exit_done;
  };
}

}  // namespace mlops

#include <fmt/format.h>

#include "base/text.h"
#include "commands.h"
#include "data/collect.h"

namespace mlops {
namespace {

struct Options {
  std::string grace, keep_newer;
  std::vector<std::string> keep;
  bool dry_run = false;
};

Micros grace_of(const data::Repository& repository, const std::string& typed) {
  const std::string text = typed.empty() ? repository.config().text("gc.grace").value_or("14d") : typed;
  const auto grace = text == "0" ? Micros{0} : parse_duration(text).value_or(-1);
  if (grace < 0) throw usage_error("\"" + printable(text) + "\" is no duration", "14d, 12h, 0s");
  return grace;
}

data::KeepRules rules_of(const Options& options) {
  data::KeepRules rules{std::nullopt, options.keep};
  if (options.keep_newer.empty()) return rules;
  rules.newer = parse_duration(options.keep_newer);
  if (!rules.newer || *rules.newer < 0) throw usage_error("\"" + printable(options.keep_newer) + "\" is no duration", "30d, 12h");
  return rules;
}

Json amount_json(const store::GcReport::Amount& amount) { return {{"objects", amount.objects}, {"bytes", amount.bytes}}; }

Json to_json(const store::GcReport& report) {
  Json kept_by = Json::array();
  for (const auto& [reason, amount] : report.kept_by) kept_by.push_back({{"reason", reason}, {"objects", amount.objects}, {"bytes", amount.bytes}});
  return {{"kept_by", kept_by}, {"next_expiry", report.next_expiry == 0 ? Json() : Json(to_utc(report.next_expiry))},
          {"live", amount_json(report.live)},         {"condemned", amount_json(report.condemned)}, {"expired", amount_json(report.deleted)},
          {"packs_removed", report.packs_removed},    {"packs_written", report.packs_written},      {"files_swept", report.files_swept},
          {"bytes_before", report.bytes_before},      {"bytes_after", report.bytes_after}};
}

std::string amount_text(const store::GcReport::Amount& amount) { return fmt::format("{} objects, {}", amount.objects, show_size(amount.bytes)); }

void show(Output& out, const store::GcReport& report, bool dry_run) {
  out.line("needed     " + amount_text(report.live));
  for (const auto& [reason, amount] : report.kept_by)
    if (dry_run && amount.objects > 0) out.line(fmt::format("  by {}: {}", reason, amount_text(amount)));
  if (report.condemned.objects > 0) out.line("unneeded   " + amount_text(report.condemned) + ", kept until the grace period is over (the first until " + to_utc(report.next_expiry).substr(0, 10) + ")");
  if (report.deleted.objects > 0) out.line("expired    " + amount_text(report.deleted));
  if (dry_run) return;
  const auto freed = report.bytes_before > report.bytes_after ? report.bytes_before - report.bytes_after : 0;
  out.line(fmt::format("freed      {}", show_size(freed)));
}

}  // namespace

Run define_gc(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--dry-run", options->dry_run, "only say what would go");
  app.add_option("--grace", options->grace, "how long unneeded objects stay (default: gc.grace, 14d)")->type_name("TIME");
  app.add_option("--keep-newer", options->keep_newer, "of git's history only what commits of the last TIME name, and refs, stashes and the index themselves")->type_name("TIME");
  app.add_option("--keep", options->keep, "and what this revision names (again for more)")->type_name("REV")->allow_extra_args(false);
  return [options](Context& context) {
    const data::KeepRules rules = rules_of(*options);
    const auto repository = data::Repository::open();
    const store::GcOptions how{grace_of(*repository, options->grace), options->dry_run, &context.out.progress(), interrupt_token()};
    const auto report = data::collect(*repository, how, rules);
    context.out.progress().finish();
    if (context.out.json()) context.out.value(to_json(report));
    else show(context.out, report, options->dry_run);
    return k_exit_done;
  };
}

}  // namespace mlops

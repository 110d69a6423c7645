#include <fmt/format.h>

#include "base/text.h"
#include "commands.h"
#include "data/collect.h"

namespace mlops {
namespace {

struct Options {
  std::string grace;
  bool dry_run = false;
};

Micros grace_of(const data::Repository& repository, const std::string& typed) {
  const std::string text = typed.empty() ? repository.config().text("gc.grace").value_or("14d") : typed;
  const auto grace = text == "0" ? Micros{0} : parse_duration(text).value_or(-1);
  if (grace < 0) throw usage_error("\"" + printable(text) + "\" is no duration", "14d, 12h, 0s");
  return grace;
}

Json amount_json(const store::GcReport::Amount& amount) { return {{"objects", amount.objects}, {"bytes", amount.bytes}}; }

Json to_json(const store::GcReport& report) {
  return {{"live", amount_json(report.live)},         {"condemned", amount_json(report.condemned)}, {"expired", amount_json(report.deleted)},
          {"packs_removed", report.packs_removed},    {"packs_written", report.packs_written},      {"files_swept", report.files_swept},
          {"bytes_before", report.bytes_before},      {"bytes_after", report.bytes_after}};
}

std::string amount_text(const store::GcReport::Amount& amount) { return fmt::format("{} objects, {}", amount.objects, show_size(amount.bytes)); }

void show(Output& out, const store::GcReport& report, bool dry_run) {
  out.line("needed     " + amount_text(report.live));
  if (report.condemned.objects > 0) out.line("unneeded   " + amount_text(report.condemned) + ", kept until the grace period is over");
  if (report.deleted.objects > 0) out.line((dry_run ? "expired    " : "expired    ") + amount_text(report.deleted));
  if (dry_run) return;
  const auto freed = report.bytes_before > report.bytes_after ? report.bytes_before - report.bytes_after : 0;
  out.line(fmt::format("freed      {}", show_size(freed)));
}

}  // namespace

Run define_gc(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--dry-run", options->dry_run, "only say what would go");
  app.add_option("--grace", options->grace, "how long unneeded objects stay (default: gc.grace, 14d)")->type_name("TIME");
  return [options](Context& context) {
    const auto repository = data::Repository::open();
    const store::GcOptions how{grace_of(*repository, options->grace), options->dry_run, &context.out.progress(), interrupt_token()};
    const auto report = data::collect(*repository, how);
    context.out.progress().finish();
    if (context.out.json()) context.out.value(to_json(report));
    else show(context.out, report, options->dry_run);
    return k_exit_done;
  };
}

}  // namespace mlops

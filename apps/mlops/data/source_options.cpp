#include "data/source_options.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "exchange/remotes.h"

namespace mlops {

void add_source_options(CLI::App& app, SourceOptions& options) {
  app.add_option("SOURCE", options.source,
                 "http(s)://…, s3://BUCKET/KEY, a path; or a repository: a path or what git takes for one")
      ->required();
  app.add_option("VERSION", options.version, "[REV:]PATH in that repository");
  app.add_option("-o,--output", options.output, "where it goes (its own name, here)")->type_name("PATH");
  app.add_option("--remote", options.remote, "the remote that holds the repository's data (its default one)")
      ->type_name("URL");
  app.add_option("--sha256", options.sha256, "what the file must be")->type_name("HEX");
  app.add_option("--limit", options.limit, "refuse more than this (1 TiB)")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false));
}

exchange::Origin origin_of(const SourceOptions& options) {
  if (!options.sha256.empty() && !Id::from_hex(options.sha256))
    throw usage_error("--sha256 wants 64 lower-case hexadecimal digits");
  if (options.source.empty()) throw usage_error("SOURCE is empty");
  const auto origin = exchange::parse_origin(options.source, options.version, options.remote);
  if (!origin.remote.empty()) exchange::agree(origin.remote);
  return origin;
}

Json to_json(const store::ObjectRef& object, const exchange::Origin& origin) {
  return {{"kind", to_text(object.kind)},
          {"id", object.id.hex()},
          {"size", object.size},
          {"files", object.files},
          {"origin", to_utf8(exchange::to_text(origin))}};
}

exchange::ImportOptions import_options(Output& out, std::uint64_t limit, const std::string& sha256) {
  exchange::ImportOptions options;
  options.download.limit = limit;
  options.download.progress = &out.progress();
  options.download.stop = interrupt_token();
  options.sha256 = sha256;
  return options;
}

}  // namespace mlops

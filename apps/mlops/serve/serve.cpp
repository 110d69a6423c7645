#include <fmt/format.h>

#include <mutex>

#include "base/time.h"
#include "commands.h"
#include "data/repository.h"
#include "serve/runner.h"

namespace mlops {
namespace {

struct Options {
  serve::ServeOptions serve;
  std::string load_timeout = "2s", missing = "refuse";
};

void define_options(CLI::App& app, Options& options) {
  auto& web = options.serve.web;
  web.port = 8000;
  app.add_option("MODEL", options.serve.models, "NAME@ALIAS, NAME:NUMBER or FILE.onnx; several at once")->required();
  app.add_option("--name", options.serve.name, "the name to serve a single model under")->type_name("NAME");
  app.add_option("--host", web.host, "address to listen on (127.0.0.1)")->type_name("ADDRESS");
  app.add_option("-p,--port", web.port, "port, 0 takes a free one (8000)")->type_name("PORT");
  app.add_option("--allow-host", web.allowed_hosts, "further names that clients may use for this server")
      ->type_name("NAME");
  app.add_option("--workers", web.workers, "requests worked on at a time (the processors, at least 2)")->type_name("N");
  app.add_option("--threads", options.serve.limits.threads, "threads within one call of a model (1)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  app.add_option("--features", options.serve.features,
                 "a feature service: callers send entity keys instead of its features")
      ->type_name("SERVICE");
  app.add_option("--missing", options.missing, "what an entity without a feature gets: refuse (400) or nan (refuse)")
      ->type_name("HOW")
      ->check(CLI::IsMember({"refuse", "nan"}));
  app.add_option("--load-timeout", options.load_timeout, "how long a model may take to load (2s)")->type_name("TIME");
}

}  // namespace

Run define_serve(CLI::App& app) {
  auto options = std::make_shared<Options>();
  define_options(app, *options);
  return [options](Context& context) {
    const std::stop_token stop = interrupt_token();  // before any thread is started
    const auto limit = parse_duration(options->load_timeout);
    if (!limit || *limit <= 0)
      throw usage_error("\"" + options->load_timeout + "\" is not a duration", "write 2s or 1m");
    options->serve.limits.time = *limit;
    options->serve.missing = options->missing == "nan" ? serve::Missing::nan : serve::Missing::refuse;
    const auto ready = [&](const std::string& url) {
      if (context.out.json())
        context.out.value({{"url", url}});
      else
        context.out.answer(url);
      std::fflush(stdout);
    };
    serve::run_server(options->serve, stop, ready, [&](const std::string& line) { context.out.note(line); });
    context.ends_by_signal = true;
    return k_exit_done;
  };
}

}  // namespace mlops

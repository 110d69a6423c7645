#include "commands.h"
#include "feature/server.h"

namespace mlops {

Run define_feature_serve(CLI::App& app) {
  auto web = std::make_shared<web::ServerOptions>();
  web->port = 6566;
  app.add_option("--host", web->host, "address to listen on (127.0.0.1)")->type_name("ADDRESS");
  app.add_option("-p,--port", web->port, "port, 0 takes a free one (6566)")->type_name("PORT");
  app.add_option("--allow-host", web->allowed_hosts, "further names that clients may use for this server")
      ->type_name("NAME");
  app.add_option("--workers", web->workers, "requests worked on at a time (16)")->type_name("N");
  return [web](Context& context) {
    const std::stop_token stop = interrupt_token();  // before any thread is started
    const auto repository = open_repository(context);
    feature::run_server(
        repository->database(), {repository->root(), repository->state() / "online"}, *web, stop,
        [&](const std::string& url) {
          if (context.out.json())
            context.out.value({{"url", url}});
          else
            context.out.answer(url);
          std::fflush(stdout);
        },
        [&](const std::string& line) { context.out.note(line); });
    context.ends_by_signal = true;
    return k_exit_done;
  };
}

}  // namespace mlops

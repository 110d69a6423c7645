#include "commands.h"
#include "track/runner.h"

namespace mlops {
namespace {

struct Options {
  web::ServerOptions web;
  std::string db;
};

// Only the repository's own database for now; what else people may name is refused in words, never taken for something
// else.
void check_database(const data::Repository& repository, const std::string& db) {
  if (db.empty()) return;
  const std::string scheme = db.substr(0, db.find(':'));
  if (scheme == "postgres" || scheme == "postgresql")
    throw usage_error("a PostgreSQL database can't be used yet",
                      "leave --db out: the server keeps its state in .mlops/meta.db");
  const fs::path file = db.starts_with("sqlite:///") ? db.substr(9) : db;
  std::error_code ignored;
  if (!fs::equivalent(file, repository.state() / "meta.db", ignored))
    throw usage_error("\"" + db + "\" is not this repository's database",
                      "leave --db out: the server keeps its state in .mlops/meta.db");
}

}  // namespace

Run define_track_server(CLI::App& app) {
  auto options = std::make_shared<Options>();
  options->web.port = 5000;
  app.add_option("--host", options->web.host, "address to listen on (127.0.0.1)")->type_name("ADDRESS");
  app.add_option("-p,--port", options->web.port, "port, 0 takes a free one (5000)")->type_name("PORT");
  app.add_option("--allow-host", options->web.allowed_hosts, "further names that clients may use for this server")
      ->type_name("NAME");
  app.add_option("--db", options->db, "the database (.mlops/meta.db)")->type_name("URL");
  return [options](Context& context) {
    const std::stop_token stop = interrupt_token();  // before any thread is started
    const auto repository = open_repository(context);
    check_database(*repository, options->db);
    track::run_server(*repository, options->web, stop, [&](const std::string& url) {
      if (context.out.json())
        context.out.value({{"url", url}});
      else
        context.out.answer(url);
      std::fflush(stdout);
    });
    context.ends_by_signal = true;
    return k_exit_done;
  };
}

}  // namespace mlops

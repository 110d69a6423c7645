#include "monitor/watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "monitor/exposition.h"
#include "monitor/model_tables.h"
#include "monitor/watched.h"
#include "web/server.h"

namespace mlops {
namespace {

using monitor::Watch;

constexpr auto k_delivery_pause = std::chrono::milliseconds(500);
constexpr Micros k_longest_sleep = 15'000'000, k_after_trouble = 5'000'000;

struct Options {
  std::vector<std::string> models;
  std::string every = "5m", wait = "3s", since, label_horizon = "30d";
  std::size_t for_windows = 1;
  bool once = false;
  int port = -1;
  std::string host = "127.0.0.1";
  WatchFlags flags;
};

Micros duration(const std::string& text, const char* option, Micros least) {
  const auto value = parse_duration(text);
  if (!value || *value < least)
    throw usage_error(fmt::format("\"{}\" is no time for {}", printable(text), option),
                      fmt::format("at least {}, for example 90s, 5m or 1h", show_duration(least)));
  return *value;
}

// What /metrics and /health show, shared with the server's threads.
class Board {
 public:
  void show(const Json& window) {
    const std::lock_guard lock(mutex_);
    windows_[text_or(window, "key")] = window;
  }
  void show(std::vector<monitor::Alarm> alarms) {
    const std::lock_guard lock(mutex_);
    alarms_ = std::move(alarms);
  }
  void show_deliveries(std::size_t pending, std::size_t given_up) {
    const std::lock_guard lock(mutex_);
    pending_ = pending;
    given_up_ = given_up;
  }
  void trouble(const std::string& text) {
    const std::lock_guard lock(mutex_);
    trouble_ = text;
  }
  [[nodiscard]] std::string metrics() const {
    const std::lock_guard lock(mutex_);
    monitor::Exposed exposed{{}, alarms_, pending_, given_up_};
    for (const auto& [model, window] : windows_) exposed.windows.push_back(window);
    return monitor_metrics(exposed);
  }
  [[nodiscard]] web::Response health() const {
    const std::lock_guard lock(mutex_);
    Json body{{"status", trouble_.empty() ? "ok" : "trouble"}, {"trouble", to_utf8(trouble_)}};
    for (const auto& [model, window] : windows_) body["windows"][model] = window.value("to", Json());
    web::Response response = web::json_response(body.dump());
    response.status = trouble_.empty() ? 200 : 503;
    return response;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Json> windows_;
  std::vector<monitor::Alarm> alarms_;
  std::size_t pending_ = 0, given_up_ = 0;
  std::string trouble_;
};

std::vector<web::Route> routes_of(const Board& board, const web::Metrics*& own) {
  web::Route metrics{"GET", "/metrics", web::Permission::read, [&board, &own](const web::Request&) {
                       return web::Response{200, "text/plain; version=0.0.4; charset=utf-8",
                                            board.metrics() + (own != nullptr ? own->text() : "")};
                     }};
  web::Route health{"GET", "/health", web::Permission::anyone,
                    [&board](const web::Request&) { return board.health(); }};
  metrics.light = health.light = true;
  return {metrics, health};
}

class Running {
 public:
  Running(Context& context, const Options& options)
      : out_(context.out), options_(options), repository_(open_repository(context)) {
    monitor::WatchOptions watch;
    watch.every = duration(options.every, "--every", 1'000'000);
    watch.wait = duration(options.wait, "--wait", 0);
    watch.since = parse_since(options.since);
    watch.for_windows = std::max<std::size_t>(options.for_windows, 1);
    watch.stop = interrupt_token();
    watch.targets = targets_ = monitor::targets_of(repository_->config());
    flags_ = options.flags;
    flags_.label_horizon = duration(options.label_horizon, "--label-horizon", 1'000'000);
    std::vector<monitor::WatchedModel> models;
    for (const auto& name : options.models) {
      models.push_back(watched_model(*repository_, name, flags_));
      names_.push_back(models.back().name);
      if (std::count(names_.begin(), names_.end(), names_.back()) > 1)
        throw usage_error("the model " + names_.back() + " is named twice");
    }
    watch_.emplace(*repository_, std::move(models), std::move(watch));
    show_present();
  }

  int once() {
    round();
    (void)deliver({});
    const auto fires = [](const monitor::Alarm& alarm) { return alarm.firing; };
    return std::any_of(alarms_.begin(), alarms_.end(), fires) ? k_exit_no : k_exit_done;
  }

  void run(const std::stop_token& stop) {
    const web::Metrics* own = nullptr;
    std::optional<web::Server> server;
    std::jthread serving;
    if (options_.port >= 0) {
      web::ServerOptions web;
      web.host = options_.host;
      web.port = static_cast<std::uint16_t>(options_.port);
      server.emplace(web, routes_of(board_, own));
      own = &server->metrics();
      server->listen();
      serving = std::jthread([&] { server->run(stop); });
    }
    say_ready(server ? server->url() : "");
    const std::jthread telling([&](const std::stop_token& ended) { tell_others(ended); });
    loop(stop);
  }

 private:
  void say_ready(const std::string& url) {
    if (out_.json())
      out_.value({{"watching", names_}, {"every", options_.every}, {"url", url.empty() ? Json() : Json(url)}});
    else
      out_.answer(
          fmt::format("watching {} every {}{}", join(names_, ", "), options_.every, url.empty() ? "" : ", " + url));
    std::fflush(stdout);
  }

  void loop(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      const bool good = guarded_round();
      const Micros now = now_micros();
      const Micros sleep = good ? std::clamp<Micros>(watch_->next_due() - now, 1000, k_longest_sleep) : k_after_trouble;
      wake.wait_for(lock, stop, std::chrono::microseconds(sleep), [&] { return stop.stop_requested(); });
    }
  }

  // A round that fails is done again: what it had sealed stays, what it had not comes then.
  bool guarded_round() {
    try {
      round();
      if (!trouble_.empty()) out_.note("the monitor works again");
      trouble_.clear();
    } catch (const std::exception& error) {
      if (trouble_ != error.what()) out_.warning(error.what());
      trouble_ = error.what();
    }
    board_.trouble(trouble_);
    return trouble_.empty();
  }

  void round() {
    watch_->advance(now_micros(), [&](const Watch::Done& done) { tell(done); });
    show_alarms();
  }

  void tell(const Watch::Done& done) {
    board_.show(done.window.body);
    if (!done.changes.empty()) show_alarms();
    Json changes = Json::array();
    for (const auto& alarm : done.changes)
      changes.push_back({{"kind", alarm.kind}, {"state", alarm.firing ? "firing" : "resolved"}, {"text", alarm.text}});
    if (out_.json()) {
      Json line = done.window.body;
      line.update({{"record", done.window.id.hex()}, {"changes", changes}});
      out_.value(line);
    } else {
      out_.line(to_utf8(monitor::window_in_words(done.window.body)));
      for (const auto& alarm : done.changes)
        out_.line(Text(fmt::format("{} {} {}: ", alarm.model, alarm.kind, alarm.firing ? "fires" : "is over"),
                       alarm.firing ? Style::bad : Style::good) +
                  Text(alarm.text));
    }
    std::fflush(stdout);
  }

  void show_present() {
    for (const auto& name : names_)
      for (const auto& window : repository_->database().list({.type = "window", .key = name, .limit = 1}))
        board_.show(window.body);
    show_alarms();
  }

  void show_alarms() {
    alarms_.clear();
    for (const auto& name : names_)
      for (auto& alarm : monitor::alarms(repository_->database(), name)) alarms_.push_back(std::move(alarm));
    board_.show(alarms_);
  }

  void tell_others(const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    do {
      try {
        (void)deliver(ended);
      } catch (const std::exception& error) {
        out_.warning(error.what());
      }
    } while (!wake.wait_for(lock, ended, k_delivery_pause, [&] { return ended.stop_requested(); }));
  }

  std::size_t deliver(const std::stop_token& ended) {
    auto& database = repository_->database();
    const std::size_t tried = monitor::deliver_due(database, targets_, now_micros(), ended,
                                                   [&](const std::string& line) { out_.warning(line); });
    board_.show_deliveries(meta::deliveries(database, "pending").size(), meta::deliveries(database, "given up").size());
    return tried;
  }

  Output& out_;
  const Options& options_;
  std::unique_ptr<data::Repository> repository_;
  std::vector<monitor::Target> targets_;
  WatchFlags flags_;
  std::vector<std::string> names_;
  std::optional<Watch> watch_;
  std::vector<monitor::Alarm> alarms_;
  Board board_;
  std::string trouble_;
};

void define_options(CLI::App& app, Options& options) {
  auto& flags = options.flags;
  app.add_option("MODEL", options.models, "churn (all its versions), churn@prod or churn:7; several at once")
      ->required();
  app.add_option("--every", options.every, "length of a window (5m)")->type_name("TIME");
  app.add_flag("--once", options.once, "evaluate what is due, tell it, and end");
  app.add_option("--since", options.since, "begin there, where nothing was watched yet")->type_name("AGE");
  app.add_option("--for", options.for_windows, "violated windows in a row before an alarm fires (1)")->type_name("N");
  app.add_option("--wait", options.wait, "after a window's end, for rows still being written (3s)")->type_name("TIME");
  app.add_option("--drift-share", flags.drift_share, "share of columns from which on it is drift (problem.yaml's, 0.5)")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--threshold", flags.threshold, "the metric to keep: auc=0.86 (problem.yaml's)")->type_name("LIMIT");
  app.add_option("--p99", flags.p99, "latency of 99 % of requests, at most: 50ms (problem.yaml's)")->type_name("TIME");
  app.add_option("--max-errors", flags.errors, "share of requests that may fail (problem.yaml's)")
      ->type_name("SHARE")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--min-rows", flags.minimum_rows, "fewer rows or requests give no verdict (problem.yaml's, 30)")
      ->type_name("N");
  app.add_option("--min-labels", flags.minimum_labels, "fewer labelled rows give no verdict (30)")->type_name("N");
  app.add_option("--label-horizon", options.label_horizon, "older requests get no late labels (30d)")
      ->type_name("TIME");
  app.add_option("--listen", options.port, "serve /metrics and /health on this port; 0 takes a free one")
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535));
  app.add_option("--host", options.host, "address for --listen (127.0.0.1)")->type_name("ADDRESS");
}

}  // namespace

Run define_monitor_watch(CLI::App& app) {
  auto options = std::make_shared<Options>();
  define_options(app, *options);
  return [options](Context& context) {
    const std::stop_token stop = interrupt_token();  // before any thread is started
    Running running(context, *options);
    if (options->once) return running.once();
    running.run(stop);
    context.ends_by_signal = true;
    return k_exit_done;
  };
}

}  // namespace mlops

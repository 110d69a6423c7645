#include "monitor/notify.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/http_client.h"
#include "base/process.h"
#include "base/text.h"

namespace mlops::monitor {
namespace {

constexpr std::int64_t k_attempts = 30;
constexpr Micros k_second = 1'000'000, k_longest_pause = 300 * k_second;
constexpr const char* k_example = "monitor: {webhooks: [{name: team, url: 'https://…', secret: …}]}";

std::string required(const Json& item, const char* key) {
  const std::string text = text_or(item, key);
  if (text.empty()) throw input_error(fmt::format("a webhook in your configuration has no \"{}\"", key), k_example);
  return text;
}

Target webhook_of(const std::string& text, std::size_t position) {
  if (!text.starts_with("{"))
    return {.name = fmt::format("webhook-{}", position), .url = text, .secret = {}, .words = {}};
  const Json item = parse_json(text, "a webhook in your configuration");
  for (const auto& [key, value] : item.items())
    if (key != "name" && key != "url" && key != "secret")
      throw input_error("a webhook in your configuration has an unknown key \"" + printable(key) + "\"", k_example);
  return {.name = required(item, "name"), .url = required(item, "url"), .secret = text_or(item, "secret"), .words = {}};
}

void check_webhook(const Target& target) {
  if (!target.url.starts_with("http://") && !target.url.starts_with("https://"))
    throw input_error(fmt::format("the URL of webhook \"{}\" is neither http nor https", printable(target.name)),
                      k_example);
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (!std::all_of(target.name.begin(), target.name.end(), good) || target.name == "exec")
    throw input_error(fmt::format("\"{}\" can't be the name of a webhook", printable(target.name)),
                      "letters, digits, - _ and .; not exec");
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// The body of Alertmanager's webhooks: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
Json body_of(const Alarm& alarm, const std::string& receiver) {
  const std::string status = alarm.firing ? "firing" : "resolved";
  const Json labels{{"alertname", "mlops_" + alarm.kind}, {"model", alarm.model}, {"kind", alarm.kind}};
  const Json annotations{{"summary", fmt::format("{} of {}: {}", alarm.kind, alarm.model, alarm.text)},
                         {"value", alarm.value ? show_double(*alarm.value) : ""},
                         {"limit", alarm.limit ? show_double(*alarm.limit) : ""},
                         {"window", alarm.window.hex()},
                         {"event", alarm.event.hex()}};
  const std::string time = to_utc(alarm.since);
  const Json alert{{"status", status},
                   {"labels", labels},
                   {"annotations", annotations},
                   {"startsAt", time},
                   {"endsAt", alarm.firing ? "0001-01-01T00:00:00Z" : time},
                   {"generatorURL", ""},
                   {"fingerprint", sha256(alarm.model + "/" + alarm.kind).hex().substr(0, 16)}};
  return {{"version", "4"},
          {"groupKey", fmt::format("{{}}:{{model=\"{}\", kind=\"{}\"}}", alarm.model, alarm.kind)},
          {"truncatedAlerts", 0},
          {"status", status},
          {"receiver", receiver},
          {"groupLabels", {{"model", alarm.model}, {"kind", alarm.kind}}},
          {"commonLabels", labels},
          {"commonAnnotations", annotations},
          {"externalURL", ""},
          {"alerts", Json::array({alert})},
          {"mlops",
           {{"model", alarm.model},
            {"kind", alarm.kind},
            {"state", status},
            {"value", number(alarm.value)},
            {"limit", number(alarm.limit)},
            {"text", alarm.text},
            {"window", alarm.window.hex()},
            {"event", alarm.event.hex()}}}};
}

std::string post(const Target& target, const meta::Delivery& delivery, const std::stop_token& stop) {
  HttpRequest request{.method = "POST", .url = target.url};
  request.body = delivery.body;
  request.time = target.timeout;
  request.stop = stop;
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", delivery.key}};
  if (!target.secret.empty())
    request.headers.emplace_back("X-Mlops-Signature", "sha256=" + hmac_sha256(target.secret, delivery.body));
  const int status = send_http(request).status;
  if (status >= 200 && status < 300) return {};
  return fmt::format("it answered {}{}", status, status / 100 == 3 ? "; redirects are not followed" : "");
}

std::string run(const Target& target, const meta::Delivery& delivery, const std::stop_token& stop) {
  const Json alarm = parse_json(delivery.body, "a delivery")["mlops"];
  ProcessOptions options;
  options.argv = target.words;
  options.input = delivery.body;
  options.timeout = 3 * target.timeout;
  options.stop = stop;
  options.on_output = options.on_error = [](std::string_view) {};
  options.output_limit = std::uint64_t{16} << 20;
  options.environment = {{"MLOPS_ALARM_KEY", delivery.key}};
  for (const auto& [name, value] : alarm.items()) {
    std::string variable = "MLOPS_ALARM_" + name;
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string text = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
    std::erase(text, '\0');
    options.environment.emplace_back(std::move(variable), std::move(text));
  }
  const auto result = run_process(options);
  if (result.timed_out) return "it took too long";
  if (result.stopped) return "the monitor was stopped";
  return result.exit_code == 0 ? std::string() : fmt::format("it ended with {}", result.exit_code);
}

// What went wrong; "" = told.
std::string attempt(const std::vector<Target>& targets, const meta::Delivery& delivery, const std::stop_token& stop) {
  const auto target = std::find_if(targets.begin(), targets.end(),
                                   [&](const Target& candidate) { return candidate.name == delivery.target; });
  if (target == targets.end()) return "it is not in the configuration any more";
  try {
    return target->words.empty() ? post(*target, delivery, stop) : run(*target, delivery, stop);
  } catch (const Error& error) {
    return error.message();
  }
}

Micros pause_after(std::int64_t attempts) {
  return std::min(k_longest_pause, k_second << std::min<std::int64_t>(std::max<std::int64_t>(attempts - 1, 0), 20));
}

}  // namespace

std::vector<Target> targets_of(const Config& config) {
  std::vector<Target> out;
  for (const auto& text : config.trusted_list("monitor.webhooks")) {
    out.push_back(webhook_of(text, out.size() + 1));
    check_webhook(out.back());
    const auto same = [&](const Target& target) { return target.name == out.back().name; };
    if (std::count_if(out.begin(), out.end(), same) > 1)
      throw input_error(fmt::format("two webhooks in your configuration are called \"{}\"", out.back().name));
  }
  auto words = config.trusted_list("monitor.exec");
  if (!words.empty() && words.front().empty())
    throw input_error("\"monitor.exec\" in your configuration names no program",
                      "monitor: {exec: [notify-send, mlops]}");
  if (!words.empty()) out.push_back({.name = "exec", .url = {}, .secret = {}, .words = std::move(words)});
  return out;
}

meta::Delivery delivery_of(const Alarm& alarm, const Target& target, Micros made) {
  return {.key = alarm.event.hex() + "/" + target.name,
          .target = target.name,
          .body = canonical_json(body_of(alarm, target.name)),
          .made = made};
}

std::size_t deliver_due(meta::Database& database, const std::vector<Target>& targets, Micros now,
                        const std::stop_token& stop, const std::function<void(const std::string&)>& tell) {
  const auto due = meta::due_deliveries(database, now);
  for (auto delivery : due) {
    if (stop.stop_requested()) break;
    delivery.problem = attempt(targets, delivery, stop);
    if (stop.stop_requested() && !delivery.problem.empty()) break;  // it counts as not tried
    ++delivery.attempts;
    delivery.next = now + pause_after(delivery.attempts);
    if (delivery.problem.empty()) delivery.state = "delivered";
    if (!delivery.problem.empty() && delivery.attempts >= k_attempts) delivery.state = "given up";
    meta::update_delivery(database, delivery);
    if (!delivery.problem.empty())
      tell(fmt::format("\"{}\" was not told{}: {}", delivery.target,
                       delivery.state == "given up" ? ", for the last time" : "", delivery.problem));
  }
  return due.size();
}

}  // namespace mlops::monitor

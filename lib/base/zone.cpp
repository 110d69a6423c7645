#include "base/zone.h"

#include <date/tz.h>

#include <chrono>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace mlops {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr Micros k_day = 86'400'000'000;
constexpr Micros k_second = 1'000'000;

const date::time_zone& zone_of(const void* zone) { return *static_cast<const date::time_zone*>(zone); }

// The first and the last span of a zone are endless: kept within what int64 microseconds hold.
Micros micros(date::sys_seconds time) {
  constexpr std::int64_t k_limit = 9'000'000'000'000;  // seconds, some 285,000 years
  return std::clamp<std::int64_t>(time.time_since_epoch().count(), -k_limit, k_limit) * k_second;
}

date::sys_seconds floor_seconds(Micros instant) {
  return date::floor<seconds>(date::sys_time<microseconds>(microseconds(instant)));
}

std::vector<std::string> all_names() {
  std::vector<std::string> out;
  for (const auto& zone : date::get_tzdb().zones) out.push_back(zone.name());
  return out;
}

}  // namespace

LocalTime LocalTime::from(Micros since_epoch) {
  const Micros days = since_epoch >= 0 ? since_epoch / k_day : -((-since_epoch + k_day - 1) / k_day);
  return {days, since_epoch - days * k_day};
}

Zone Zone::find(const std::string& name) {
  try {
    const date::time_zone* zone = name.empty() ? date::current_zone() : date::locate_zone(name);
    return {zone->name(), zone};
  } catch (const std::runtime_error&) {
    if (name.empty())
      throw outside_error("the time zone of this machine can't be found out", "set it, or name one: Europe/Berlin");
    const std::string near = nearest(name, all_names());
    throw input_error(
        "there is no time zone \"" + printable(name) + "\"",
        near.empty() ? "a name of the IANA database, as in Europe/Berlin" : "did you mean \"" + near + "\"?");
  }
}

std::vector<std::string> Zone::names() { return all_names(); }

Zone::Span Zone::span(Micros instant) const {
  const auto info = zone_of(zone_).get_info(floor_seconds(instant));
  return {micros(info.begin), micros(info.end), info.offset.count() * k_second};
}

LocalTime Zone::local(Micros instant) const { return LocalTime::from(instant + span(instant).offset); }

Zone::Instants Zone::instants(const LocalTime& local) const {
  const Micros wall = local.since_epoch();
  const auto info = zone_of(zone_).get_info(date::local_seconds(date::floor<seconds>(microseconds(wall))));
  const auto with = [&](const date::sys_info& span) { return wall - span.offset.count() * k_second; };
  switch (info.result) {
    case date::local_info::nonexistent:
      return {Instants::Kind::never, micros(info.second.begin), 0};
    case date::local_info::ambiguous:
      return {Instants::Kind::twice, with(info.first), with(info.second)};
    default:
      return {Instants::Kind::once, with(info.first), 0};
  }
}

}  // namespace mlops

#include "base/text.h"
#include "base/time.h"
#include "commands.h"
#include "schedule/planner.h"
#include "show_schedule.h"

namespace mlops {
namespace {

struct Row {
  schedule::Definition definition;  // resolved
  std::string problem;
  std::optional<Micros> next;
  std::optional<meta::Job> last;
};

Row row_of(data::Repository& repository, const schedule::Definition& stored) {
  Row out{stored, "", {}, {}};
  try {
    out.definition = schedule::resolve(repository, stored);
    out.next = schedule::next_time(out.definition, now_micros());
  } catch (const Error& error) {
    out.problem = error.message();
  }
  auto last = meta::Jobs(repository.database()).history(stored.name, 1);
  if (!last.empty()) out.last = std::move(last.front());
  return out;
}

void print(Output& out, const std::vector<Row>& rows) {
  Table table{{{"name"}, {"when"}, {"next"}, {"last"}, {"command", false, 1}}, {}};
  for (const auto& row : rows) {
    const Text last =
        row.last ? status_text(*row.last) + Text(" " + to_local(row.last->created, now_micros())) : Text("—");
    table.rows.push_back({Text(row.definition.name, Style::bold),
                          row.problem.empty() ? Text(triggers_text(row.definition)) : Text(row.problem, Style::bad),
                          row.next ? clock_text(*row.next) : "on events", last, command_text(row.definition.command)});
  }
  out.table(table);
}

}  // namespace

Run define_schedule_list(CLI::App&) {
  return [](Context& context) {
    const auto repository = open_repository(context);
    std::vector<Row> rows;
    for (const auto& definition : schedule::list(*repository)) rows.push_back(row_of(*repository, definition));
    if (context.out.json()) {
      Json list = Json::array();
      for (const auto& row : rows) {
        Json value = definition_json(row.definition);
        value["next"] = row.next ? Json(to_utc(*row.next)) : Json();
        value["last"] = row.last ? job_json(*row.last) : Json();
        if (!row.problem.empty()) value["problem"] = row.problem;
        list.push_back(std::move(value));
      }
      context.out.value(list);
      return k_exit_done;
    }
    if (rows.empty())
      context.out.note("there are no schedules: mlops schedule add makes one");
    else
      print(context.out, rows);
    return k_exit_done;
  };
}

}  // namespace mlops

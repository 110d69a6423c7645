// Pieces of the gate: whose job it is, which paths are protected, XML and Markdown of strangers' texts, rows of
// latency, runs of the wrong shape, what a pipeline is filled with.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "ci/gates/gates.h"
#include "ci/junit.h"
#include "ci/markdown.h"
#include "ci/protected.h"
#include "ci/systems.h"
#include "ci/target.h"

using namespace mlops;
using namespace mlops::ci;

namespace {

struct Scratch {
  fs::path root;
  std::unique_ptr<data::Repository> repository;
  Scratch() {
    std::string name = (fs::temp_directory_path() / "mlops-ci-XXXXXX").string();
    root = ::mkdtemp(name.data());
    data::Repository::init(root);
    repository = data::Repository::open(root);
  }
  ~Scratch() {
    repository.reset();
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

Job job(const std::map<std::string, std::string>& variables) {
  return job_of([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

}  // namespace

TEST_CASE("a job is a pull request's where its system names a target") {
  CHECK(job({}).system.empty());
  CHECK_FALSE(job({{"GITHUB_BASE_REF", "main"}}).pull_request);  // a variable alone makes no job
  CHECK_FALSE(job({{"GITHUB_ACTIONS", "true"}}).pull_request);
  CHECK(job({{"GITHUB_ACTIONS", "true"}, {"GITHUB_BASE_REF", "dev"}}).target_branch == "dev");
  CHECK(job({{"GITLAB_CI", "true"}, {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "dev"}}).system == "GitLab");
  CHECK(job({{"JENKINS_URL", "x"}, {"CHANGE_TARGET", "dev"}}).pull_request);
}

TEST_CASE("protected paths: files, folders, stars") {
  CHECK(fits("schemas", "schemas/a/b.yaml"));
  CHECK(fits("schemas/", "schemas/a"));
  CHECK_FALSE(fits("schemas", "schemas2/a"));
  CHECK_FALSE(fits("schemas", "x/schemas"));
  CHECK(fits("Jenkinsfile", "Jenkinsfile"));
  CHECK(fits("src/*.py", "src/a.py"));
  CHECK_FALSE(fits("src/*.py", "src/b/a.py"));
  CHECK(fits("src/*", "src/b/a.py"));  // what a protected folder holds is protected too
  CHECK(fits("*", "anything"));
  CHECK_FALSE(fits("", "x"));
  CHECK(fits("a*b*c", "aXbYbZc"));
  CHECK_FALSE(fits("a*b*c", "aXb/Zc"));
  CHECK(fits("*/b/*c", "a/b/cc/d"));
  std::string stars;
  for (int i = 0; i < 1000; ++i) stars += "*a";
  CHECK_FALSE(fits(stars + "b", std::string(5000, 'a')));  // and soon
}

TEST_CASE("JUnit's XML holds any text") {
  const std::string evil = "a\x1b[31m<&>\"']]>\xEF\xBF\xBF\x00z\nb\xff";
  const std::string xml = junit(
      {{"metric", evil, Answer::fail, 0.5, evil}, {"run", "x", Answer::pass}, {"rules", "y", Answer::note, {}, "z"}});
  CHECK(xml.find("tests=\"3\" failures=\"1\"") != std::string::npos);
  CHECK(xml.find('\x1b') == std::string::npos);
  CHECK(xml.find("\xEF\xBF\xBF") == std::string::npos);
  CHECK(xml.find('\xff') == std::string::npos);
  CHECK(xml.find("&lt;&amp;&gt;&quot;&#39;]]&gt;") != std::string::npos);
  CHECK(xml.find("<system-out>z</system-out>") != std::string::npos);
  CHECK(passed({{"run", "x", Answer::note}}));
  CHECK_FALSE(passed({{"run", "x", Answer::note}, {"run", "x", Answer::fail}}));
}

TEST_CASE("Markdown shows strangers' texts as they are") {
  CHECK(markdown::code("a`b|c\nd") == "`a'b\\|c\\x0ad`");
  CHECK(markdown::code("") == "");
  CHECK(markdown::text("<b> & |") == "&lt;b&gt; &amp; \\|");
  CHECK(markdown::text("@me") == "@\u200bme");
  CHECK(markdown::text("![x](http://y)") == "\\!\u200b\\[x\\](http\\://y)");
  CHECK(markdown::code("a\\|b") ==
        "`a\\\u200b\\|b`");  // a table takes two backslashes for one, and the bar for its own
  CHECK(markdown::text("www.x.y") == "www\\.x.y");
  CHECK(markdown::text("0.7 of 3.5") == "0.7 of 3.5");
  CHECK(markdown::code(std::string(1000, 'x'), 10) == "`xxxxxxxxxx…`");
  CHECK(markdown::code("ääääää", 3) == "`ä…`");  // never half a character
  CHECK(markdown::table({"a"}, {{"1"}, {"2"}, {"3"}}, 2) == "| a |\n| --- |\n| 1 |\n| 2 |\n| … 1 more |\n\n");
}

TEST_CASE("latency is a note, where the charter asks and a window says") {
  const Scratch scratch;
  Case asked{*scratch.repository, {}, {}, "prod", {}};
  asked.candidate.version.name = "m";
  asked.rules.charter = problem::parse_charter(
      "name: m\ntask: regression\nmetric: {name: auc, direction: maximize, threshold: 0}\nlatency: {p99: 5ms}\n");
  Rows rows;
  ask_latency(asked, rows);
  CHECK(rows.empty());
  const Json check{{"kind", "latency"}, {"verdict", "violated"}, {"value", 9}, {"limit", 5}, {"text", "p99 9 ms"}};
  scratch.repository->database().seal({{"type", "window"},
                                       {"version", 1},
                                       {"key", "m"},
                                       {"model", "m"},
                                       {"to", "2026-01-03T12:00:00.000000Z"},
                                       {"time", "2026-01-03T12:00:00.000000Z"},
                                       {"checks", Json::array({check})}});
  ask_latency(asked, rows);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].answer == Answer::note);
  CHECK(rows[0].detail == "violated in the window that ended 2026-01-03T12:00: p99 9 ms");
  asked.candidate.version.name = "other";
  rows.clear();
  ask_latency(asked, rows);
  CHECK(rows.empty());
}

TEST_CASE("an output counts as made only by a run of the same work") {
  const Scratch scratch;
  auto& database = scratch.repository->database();
  const Id id = sha256("model"), other = sha256("other");
  const auto stage = [&](const char* status, double lr, const Id& made) {
    return Json{{"name", "fit"},
                {"status", status},
                {"cmd", {"sh fit.sh"}},
                {"wdir", ""},
                {"deps", Json::array()},
                {"params", {{"params.yaml", {{"lr", lr}}}}},
                {"outs", {{{"path", "model"}, {"file", made.hex()}, {"size", 5}, {"files", 1}}}},
                {"metrics", Json::object()}};
  };
  const auto seal = [&](const char* run_id, const Json& what) {
    database.seal({{"type", "run"}, {"version", 1}, {"run_id", run_id}, {"status", "finished"}, {"stages", {what}}});
  };
  seal("a1", stage("ran", 0.1, id));
  seal("a2", stage("unchanged", 0.2, other));  // taken over from a lock file
  database.seal({{"type", "run"}, {"version", 1}, {"run_id", "a3"}, {"status", "finished"}, {"stages", "no list"}});
  CHECK(was_made(*scratch.repository, stage("unchanged", 0.1, id), "model", id));
  CHECK_FALSE(was_made(*scratch.repository, stage("unchanged", 0.1, id), "model", other));
  CHECK_FALSE(was_made(*scratch.repository, stage("unchanged", 0.3, id), "model", id));
  CHECK_FALSE(was_made(*scratch.repository, stage("unchanged", 0.2, other), "model", other));
}

TEST_CASE("pipelines are filled with plain words only") {
  const Settings settings{"churn", "prod", "main", "origin", "/mnt/store"};
  CHECK(fill("@MODEL@@@ALIAS@ @X@ @", settings) == "churn@prod @X@ @");
  for (const auto& system : systems()) {
    const std::string text = system.text(settings);
    CHECK(text.find("@MODEL@") == std::string::npos);
    CHECK(text.find("/mnt/store") != std::string::npos);
  }
  CHECK_THROWS_AS(system_called("travis"), Error);
}

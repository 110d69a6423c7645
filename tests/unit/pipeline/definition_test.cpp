#include "pipeline/definition.h"

#include <catch2/catch.hpp>

#include "pipeline/lock_file.h"
#include "pipeline/parameters.h"
#include "pipeline/templates.h"

using namespace mlops;
using namespace mlops::pipeline;

namespace {

Definition parse(const std::string& text, const Json& params = Json::object()) {
  return parse_definition(text, "mlops.yaml", params);
}

Error failure(const std::string& text, const Json& params = Json::object()) {
  try {
    order(parse(text, params));
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return input_error("");
}

std::vector<std::string> names(const std::vector<const Stage*>& stages) {
  std::vector<std::string> out;
  for (const auto* stage : stages) out.push_back(stage->name);
  return out;
}

}  // namespace

TEST_CASE("a stage's paths are relative to its wdir and stay inside the repository") {
  const auto definition = parse(
      "stages:\n  a:\n    cmd: x\n    wdir: sub\n    deps: [in.csv, ../top.csv]\n    outs: [{out: {cache: false}}]\n   "
      " metrics: [m.json]\n    params: [lr, {other.yaml: [k]}]\n");
  const Stage& stage = definition.stages.at(0);
  CHECK(stage.deps[0].path == "sub/in.csv");
  CHECK(stage.deps[1].path == "top.csv");
  CHECK(stage.outs[0].path == "sub/out");
  CHECK_FALSE(stage.outs[0].cache);
  CHECK(stage.outs[1].metric);
  CHECK(stage.params[0].file == "sub/params.yaml");
  CHECK(stage.params[1].keys == std::vector<std::string>{"k"});
  CHECK(failure("stages:\n  a: {cmd: x, outs: [../../etc]}\n").message().find("leads out") != std::string::npos);
  CHECK(failure("stages:\n  a: {cmd: x, outs: [.git/hooks/pre-commit]}\n").message().find("belongs to git") !=
        std::string::npos);
}

TEST_CASE("stages run after what they depend on, else in the file's order") {
  const auto definition = parse(
      "stages:\n  c: {cmd: x, deps: [b/part]}\n  a: {cmd: x, outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n  d: "
      "{cmd: x}\n");
  CHECK(names(order(definition)) == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(names(select(definition, {"b"})) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("mistakes are named with line and hint") {
  const Error unknown = failure("stages:\n  train:\n    cmd: x\n    dep: [a]\n");
  CHECK(unknown.line() == 4);
  CHECK(unknown.hint().find("deps") != std::string::npos);
  const Error cycle = failure("stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n");
  CHECK(cycle.message().find("a → b → a") != std::string::npos);
  const Error twice = failure("stages:\n  prepare: {cmd: x, outs: [data/m]}\n  train: {cmd: x, outs: [data/m]}\n");
  CHECK(twice.message() == "\"outs\" of stage \"train\" names data/m, which stage \"prepare\" writes too");
  CHECK(twice.line() == 3);
  CHECK(failure("stages:\n  a: {cmd: x, outs: [d]}\n  b: {cmd: x, outs: [d/in]}\n").message().find("d/in") !=
        std::string::npos);
  CHECK(failure("stages:\n  a: {deps: [x]}\n").message() == "stage \"a\" has no \"cmd\"");
  CHECK_THROWS_AS(select(parse("stages:\n  train: {cmd: x}\n"), {"trian"}), Error);
}

TEST_CASE("names that are alike but not nested do not meet") {
  CHECK_NOTHROW(
      order(parse("stages:\n  a: {cmd: x, outs: [d]}\n  b: {cmd: x, outs: [d-2]}\n  c: {cmd: x, outs: [d.txt]}\n")));
  CHECK(overlaps("d", "d/x"));
  CHECK_FALSE(overlaps("d", "dx"));
}

TEST_CASE("templates keep types alone and read as Python prints inside text") {
  const Json params{{"lr", 1e-3}, {"on", true}, {"none", nullptr},
                    {"n", 10},    {"x", 2.5},   {"deep", {{"list", {"p", "q"}}}}};
  const auto definition = parse(
      "stages:\n  a:\n    cmd: run ${lr} ${on} ${none} ${n} ${x} ${deep.list[1]} \\${HOME}\n    deps: ${deep.list}\n",
      params);
  CHECK(definition.stages[0].commands[0] == "run 0.001 true None 10 2.5 q ${HOME}");
  CHECK(definition.stages[0].deps.size() == 2);
  const Error unknown = failure("stages:\n  a:\n    cmd: run ${rl}\n", Json{{"lr", 1}});
  CHECK(unknown.line() == 3);
}

TEST_CASE("vars join the context and may not replace a value") {
  CHECK(parse("vars: [{v: 7}]\nstages:\n  a: {cmd: 'x ${v}'}\n").stages[0].commands[0] == "x 7");
  CHECK(failure("vars: [{lr: 7}]\nstages: {}\n", Json{{"lr", 1}}).message() == "\"lr\" has a value already");
}

TEST_CASE("gates") {
  const auto definition = parse(
      "gates:\n  - {metric: auc, min: 0.9}\n  - {metric: loss, max: 0.3}\n  - {metric: auc, beats: champion, by: "
      "0.01}\n");
  REQUIRE(definition.gates.size() == 3);
  CHECK(definition.gates[1].kind == Gate::Kind::at_most);
  CHECK(definition.gates[2].limit == 0.01);
  CHECK(failure("gates:\n  - {metric: auc}\n").line() == 2);
}

TEST_CASE("a lock file reads back what was written") {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("mlops-lock-" + random_hex(8));
  fs::create_directories(root);
  LockedStage stage;
  stage.commands = {"python a.py", "echo done"};
  stage.deps["in.csv"] = {store::Kind::file, sha256("x"), 1, 1};
  stage.outs["model"] = {store::Kind::tree, sha256("y"), 5, 2};
  stage.params = {{"params.yaml", {{"lr", 0.5}, {"name", "yes"}, {"list", {1, 2}}, {"whole", 2.0}}}};
  update_lock(root, root / "leases", {{"train", stage}});
  update_lock(root, root / "leases", {{"other stage", stage}});
  const LockFile lock = read_lock(root);
  REQUIRE(lock.size() == 2);
  CHECK(lock.at("train").commands == stage.commands);
  CHECK(lock.at("train").deps == stage.deps);
  CHECK(lock.at("train").outs == stage.outs);
  CHECK(lock.at("train").params == stage.params);
  fs::remove_all(root);
}

TEST_CASE("a parameter is changed in place and its comments stay") {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("mlops-params-" + random_hex(8));
  fs::create_directories(root);
  const auto write = [&](const std::string& text) {
    std::FILE* f = std::fopen((root / "params.yaml").c_str(), "w");
    std::fputs(text.c_str(), f);
    std::fclose(f);
  };
  write("# rates\nlr: 0.1   # learning\nmodel: {depth: 3, name: \"a # b\"}\nü: 'it''s'\n");
  assign(root, parse_assignment("lr=0.05"));
  assign(root, parse_assignment("model.depth=10"));
  assign(root, parse_assignment("model.name=plain"));
  assign(root, parse_assignment("ü=yes"));
  std::FILE* f = std::fopen((root / "params.yaml").c_str(), "r");
  std::string text(1000, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), f));
  std::fclose(f);
  CHECK(text == "# rates\nlr: 0.05   # learning\nmodel: {depth: 10, name: plain}\nü: yes\n");
  CHECK_THROWS_AS(assign(root, parse_assignment("rl=1")), Error);
  CHECK_THROWS_AS(parse_assignment("nonsense"), Error);
  fs::remove_all(root);
}

// The gate: what a candidate is asked before it may replace the champion. Each question is one file in gates/ and one
// line in the table of gate.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ci/candidate.h"
#include "ci/revision.h"
#include "ci/row.h"
#include "ci/rules.h"
#include "ci/target.h"

namespace mlops::ci {

// Where the candidate's commit stands to the one it is judged against.
struct Branch {
  Revision head, target;
  std::string base;  // the newest commit of both: what the branch has changed is counted from there
  std::vector<code::Git::Change> edited;  // by the branch, and not the same at the target; paths of git
  std::vector<std::string> allowed;       // paths whose edit somebody answers for (--allow)
  Job job;

  [[nodiscard]] bool is_target() const { return head.commit().id == target.commit().id; }
  [[nodiscard]] bool edits(const std::string& git_path) const;
};

// Everything that a question may look at. `branch` is absent where only numbers are asked (register promote).
struct Case {
  data::Repository& repository;
  Rules rules;
  Candidate candidate;
  std::string alias;  // the champion's
  std::optional<registry::ModelVersion> champion;
  const Branch* branch = nullptr;

  // The charter, where it is about the candidate's model.
  [[nodiscard]] const problem::Charter* charter() const;
  // The candidate made the champion's own bytes, or is it.
  [[nodiscard]] bool is_champion() const;
};

// A question adds its rows; none where it does not apply.
using Ask = void (*)(const Case&, Rows&);
struct GateKind {
  std::string_view name;  // of its rows
  std::string_view asks;  // one line, for the page
  bool of_promotion;      // asked by `register promote` too
  Ask ask;
};
const std::vector<GateKind>& gate_kinds();

struct GateOptions {
  std::string candidate, target;  // as typed; "" = by default
  std::vector<std::string> allowed;
};
struct GateResult {
  Branch branch;
  Case judged;  // its `branch` is not set: the one above belongs to it
  Rows rows;
};
// Throws Error(state) where the target is not here, or has nothing to ask.
GateResult gate(data::Repository& repository, code::Git& git, const GateOptions& options);

// What `register promote` asks: the gates and the charter of the work tree, against the version at `alias`.
struct Promotion {
  Rows rows;
  std::optional<registry::ModelVersion> champion;
};
Promotion ask_for_promotion(data::Repository& repository, const registry::ModelVersion& candidate,
                            const std::string& alias);

// Keeps an answer as a `gate` record (share/doc/records.md): what was asked of a candidate, by which rules, and what
// came out, for lineage and for whoever asks later why a model went into production. Returns its id.
Id seal(data::Repository& repository, const GateResult& result);
Id seal(data::Repository& repository, const registry::ModelVersion& candidate, const std::string& alias,
        const Promotion& promotion);

// {"pass", "candidate", "champion", "head", "target", "rows"}.
Json to_json(const GateResult& result);

}  // namespace mlops::ci

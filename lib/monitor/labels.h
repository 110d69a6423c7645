// What turned out to be true, joined to what a model answered by request id and row. Each batch is one sealed `labels`
// record of the model with a Parquet file; of several labels for one row the latest batch's holds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "data/repository.h"
#include "table/table.h"

namespace mlops::monitor {

struct LabelColumns {
  std::string id = "request_id", label = "label", row = "row";
  bool row_asked = false;  // else a missing row column means row 0
};

// Labels ready to be kept: (request, row) unique, none is null.
struct LabelBatch {
  std::vector<std::string> requests;
  std::vector<std::int64_t> rows;
  table::Column labels;
  std::size_t without = 0;   // lines whose label is null
  std::size_t repeated = 0;  // lines that a later one of the same batch replaced
};

// Throws Error(input) for a column that is missing or of the wrong type, a line without a request id, a negative row, a
// table without a label. `name` is what messages call it.
LabelBatch label_batch(const table::Table& table, const LabelColumns& columns, const std::string& name);
// {"request_id", "row"?, "label"}, a list of them, or {"labels": […]}. Labels are numbers, texts or truth values.
LabelBatch label_batch(const Json& body);

struct KeptLabels {
  Id record;
  bool unchanged = false;  // the very same labels were kept before and nothing later says otherwise
};
// Durable when it returns. `source` says where they come from ("labels.csv", "http"), `author` may be "".
KeptLabels keep_labels(data::Repository& repository, const std::string& model, const LabelBatch& batch,
                       const std::string& source, const std::string& author);

// All labels of a model.
class LabelBook {
 public:
  // Only batches kept in [since, until); 0 = no such end.
  LabelBook(data::Repository& repository, const std::string& model, Micros since = 0, Micros until = 0);
  ~LabelBook();
  LabelBook(LabelBook&&) noexcept;
  LabelBook& operator=(LabelBook&&) noexcept;

  struct Place {
    const table::Column* labels = nullptr;
    std::size_t row = 0;
    Micros kept = 0;  // when its batch was
  };
  [[nodiscard]] std::optional<Place> find(std::string_view request, std::int64_t row) const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// For each row of a traffic table its label (null: none) and when that was kept (0: none).
struct JoinedLabels {
  table::Column labels;
  std::vector<Micros> kept;
  std::size_t joined = 0;
};
JoinedLabels join_labels(const table::Table& traffic, const LabelBook& book);

// Requests of the batch that the traffic does not know, in their order, each once.
std::vector<std::string> unknown_requests(const LabelBatch& batch, const table::Table& traffic);

}  // namespace mlops::monitor

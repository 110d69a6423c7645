// The schemas of a repository and the tables that they speak of, here or in a git revision.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/repository.h"
#include "schema/schema.h"
#include "table/source.h"

namespace mlops::schema {

inline constexpr const char* k_schema_folder = "schemas";

// Every schemas/*.yaml (also .yml), by name. Throws Error(input) where one is wrong.
std::vector<Schema> schemas_here(const data::Repository& repository);
// Those of a git revision ("main", a hash). Throws Error(input) where there is no such revision.
std::vector<Schema> schemas_of(const data::Repository& repository, const std::string& revision);

// True where `path` (relative to the root) is what a schema's `data` names, or lies in a directory that it names. `*`
// and `?` stand for parts of one name.
bool speaks_of(const Schema& schema, const std::string& path);

// A table among the data of a repository: opened when it is asked for.
struct TablePlace {
  std::string path;  // relative to the root; what was typed, where it lies outside; "" for digits of an id
  std::string name;  // as messages call it: what was typed, "HEAD~1:data/a.csv"
  std::function<std::unique_ptr<table::Source>()> open;
};

// The tables at what a person names: a file, a directory (every file in it whose name ends as that of a table, however
// deep), a versioned path that is not here, REV:PATH, digits of an id. Sorted by path. Throws Error(input) where there
// is none. `repository` may be nullptr (files only) and must outlive what is opened. `passed_over` is
// given the files here that were meant too, but whose names don't end as those of tables.
std::vector<TablePlace> tables_at(data::Repository* repository, const std::string& name,
                                  std::vector<std::string>* passed_over = nullptr);

// The tables that a schema speaks of: of the work tree, where they are here or versioned; with a revision: of that one.
// Throws Error(input) where a path without wildcards names none, or nothing does.
std::vector<TablePlace> tables_of(data::Repository& repository, const Schema& schema, const std::string& revision = {},
                                  std::vector<std::string>* passed_over = nullptr);

}  // namespace mlops::schema

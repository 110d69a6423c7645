// Markdown for a pull request's page, out of texts that strangers wrote: nothing in them becomes a link, a mention, a
// table cell, HTML or a picture (threats S2.8).
#pragma once

#include <string>
#include <vector>

namespace mlops::ci::markdown {

// As running text. At most `limit` bytes, then "…".
std::string text(const std::string& raw, std::size_t limit = 400);
// As code, in one line: for names, ids and values.
std::string code(const std::string& raw, std::size_t limit = 200);
// Cells are Markdown already. At most `limit` rows, then one that counts the others.
std::string table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  std::size_t limit = 50);

}  // namespace mlops::ci::markdown

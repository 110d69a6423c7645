// Text from outside inside markup that we write.
#pragma once

#include <string>
#include <string_view>

namespace mlops {

// Text as text in XML and HTML, in elements and in quoted attributes: & < > " ' as entities; control and bidirectional
// characters as people see them (\x1b), since XML 1.0 can hold none; the two code points that it lacks as "?".
std::string markup_text(std::string_view text);

}  // namespace mlops

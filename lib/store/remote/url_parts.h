// The parts of addresses that HTTP is spoken to: few signs are allowed, so that each address has one form. All throw
// Error(usage) that repeats nothing which might be a secret.
#pragma once

#include <string>
#include <string_view>

namespace mlops::store {

// Refuses "@": what stands before it are credentials.
void refuse_credentials(std::string_view text);
// "http://host:port", in lower case, without a slash at its end and the scheme's own port; `what` names it in messages.
std::string checked_origin(const std::string& text, const std::string& what);
// "a/b" of letters, digits and "-_.=+", without slashes at its end; no part is empty, "." or "..". "" is one.
std::string checked_folder(std::string text);

}  // namespace mlops::store

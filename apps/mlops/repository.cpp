#include "command.h"

namespace mlops {

std::unique_ptr<data::Repository> open_repository(Context& context) {
  auto repository = data::Repository::open();
  for (const auto& warning : repository->config().warnings()) context.out.warning(warning);
  return repository;
}

std::unique_ptr<data::Repository> find_repository(Context& context) {
  try {
    return open_repository(context);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::state) throw;
    std::error_code ignored;
    // One that is here but may not be used is not the same as none.
    for (fs::path at = fs::current_path();; at = at.parent_path()) {
      if (fs::exists(at / ".mlops", ignored)) throw;
      if (at == at.parent_path()) return nullptr;
    }
  }
}

}  // namespace mlops

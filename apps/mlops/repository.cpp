#include "command.h"

namespace mlops {

std::unique_ptr<data::Repository> open_repository(Context& context) {
  auto repository = data::Repository::open();
  for (const auto& warning : repository->config().warnings()) context.out.warning(warning);
  return repository;
}

}  // namespace mlops

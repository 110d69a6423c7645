#include "track/service.h"

namespace mlops::track {

std::vector<web::Route> page_routes() { return {}; }

}  // namespace mlops::track

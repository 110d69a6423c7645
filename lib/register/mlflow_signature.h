// The signature in the file MLmodel of a model that MLflow wrote, in the registry's own form.
#pragma once

#include "base/json.h"
#include "store/store.h"

namespace mlops::registry {

// {} where there is none, or none that can be read: such a file comes from whoever logged the model.
Json mlflow_signature(const store::Store& store, const store::ObjectRef& object);

}  // namespace mlops::registry

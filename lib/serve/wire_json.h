// The wire's JSON under this module's names.
#pragma once

#include "web/wire_json.h"

namespace mlops::serve {

using web::append_number;
using web::append_text;
using web::Flatten;
using web::flattened;
using web::FlatValues;
using web::OrderedJson;
using web::parse_ordered_json;
using web::parse_wire_json;
using web::wire_json;
using web::WireDocument;

}  // namespace mlops::serve

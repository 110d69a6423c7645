# cmake -DROOT=share/web -DOUT=assets.cpp -P EmbedAssets.cmake: its files as string literals, so that a page or
# report needs nothing beside the binary.
set(text "// Made at build time.\n#include \"monitor/report/asset.h\"\n#include <utility>\nnamespace mlops::monitor {\nstd::string_view asset(std::string_view name) {\n  static const std::pair<std::string_view, std::string_view> k_assets[] = {\n")
file(GLOB files RELATIVE ${ROOT} ${ROOT}/*.css ${ROOT}/*.js ${ROOT}/*.html ${ROOT}/*.svg)
list(SORT files)
foreach(file ${files})
  file(READ ${ROOT}/${file} body)
  string(APPEND text "      {\"${file}\", R\"asset(${body})asset\"},\n")
endforeach()
string(APPEND text "  };\n  for (const auto& [file, body] : k_assets)\n    if (file == name) return body;\n  return {};\n}\n}  // namespace mlops::monitor\n")
file(WRITE ${OUT} "${text}")

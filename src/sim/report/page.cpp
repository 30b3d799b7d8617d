#include "sim/report/page.h"

#include <nlohmann/json.hpp>

#include "json/write.h"
#include "sim/report/document.h"

namespace penstock::sim {
namespace {

/// JSON inside a script element: "</script" must not appear, and neither must "<!--".
std::string script_safe(std::string json) {
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

}  // namespace

std::string to_page(const Comparison& comparison) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>penstock simulate</title>\n<style>\n";
  page += page_style();
  page +=
      "</style>\n</head>\n<body>\n<main id=\"page\"></main>\n"
      "<noscript>This page draws its charts with the script that it contains.</noscript>\n"
      "<script id=\"data\" type=\"application/json\">";
  page += script_safe(json::write(to_document(comparison)));
  page += "</script>\n<script>\n";
  page += page_script();
  page += "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace penstock::sim

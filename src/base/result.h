#pragma once
// The one result type. Expected failures are values; exceptions do not cross a module's border.
//
//   Result<Config> read_config(path p) {
//     PENSTOCK_TRY(text, read_file(p));       // text is the value, or we return the Error
//     return parse(text);
//   }

#include <expected>
#include <string>
#include <utility>

#include "base/error.h"

namespace penstock {

template <class T = void>
using Result = std::expected<T, Error>;

/// `return fail(Code::kNotFound, "model \"x\" …");` from any function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected<Error>(Error(code, std::move(message)));
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

}  // namespace penstock

#define PENSTOCK_CONCAT_INNER(a, b) a##b
#define PENSTOCK_CONCAT(a, b) PENSTOCK_CONCAT_INNER(a, b)

/// Evaluates an expression that gives a Result<T>; declares `name` as its value or returns its
/// error.
#define PENSTOCK_TRY(name, ...) \
  PENSTOCK_TRY_INNER(PENSTOCK_CONCAT(result_, __LINE__), name, __VA_ARGS__)
#define PENSTOCK_TRY_INNER(temporary, name, ...)           \
  auto temporary = (__VA_ARGS__);                          \
  if (!temporary) {                                        \
    return ::penstock::fail(std::move(temporary).error()); \
  }                                                        \
  auto name = std::move(*temporary)

/// The same for Result<void>.
#define PENSTOCK_CHECK_OK(...)                                     \
  do {                                                             \
    auto penstock_status = (__VA_ARGS__);                          \
    if (!penstock_status) {                                        \
      return ::penstock::fail(std::move(penstock_status).error()); \
    }                                                              \
  } while (false)

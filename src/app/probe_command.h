#pragma once
// `penstock probe URL`: asks once whether something answers, for images without a shell (helm test,
// exec probes). Knows HTTP status codes; must not know what the answer says.

namespace penstock::app {

/// Exit codes: 0 it answered 2xx, 1 anything else (the reason is on stderr), 2 wrong flags.
[[nodiscard]] int run_probe(int argc, char** argv);

}  // namespace penstock::app
